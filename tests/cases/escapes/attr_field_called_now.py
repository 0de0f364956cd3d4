# expect: compile
# about: a field of an own class makes a class method of datetime readable
# harness: compare
from datetime import datetime

class Shift:
    utcnow = None

def tool(state, **kwargs):
    return {"escaped": datetime.utcnow() > datetime(2020, 1, 1)}
