# expect: compile
# about: an allowed module shows other modules under public names
# accept: runtime
from statistics import random
from re import enum

def tool(state, **kwargs):
    return {"escaped": random is not None}
