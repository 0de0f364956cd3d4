# expect: limit
# about: defaultdicts nested through their factories
# accept: ok runtime compile
# stops: clock
from collections import defaultdict

def tool(state, **kwargs):
    x = None
    for _ in range(120000):
        x = defaultdict(None, {1: x})
    x = None
    return {"escaped": False}
