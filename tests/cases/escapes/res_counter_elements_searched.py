# expect: limit
# about: the elements of a counter are searched without a loop
# accept: runtime compile
from collections import Counter

def tool(state, **kwargs):
    return {"escaped": "b" not in Counter({"a": 10**11}).elements()}
