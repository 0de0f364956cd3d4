# expect: compile
# about: namedtuple builds its code with eval from the field names
# accept: runtime
from collections import namedtuple

def tool(state, **kwargs):
    T = namedtuple("T", "a b")
    return {"escaped": T._make([1, 2]) is not None}
