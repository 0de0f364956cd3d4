# expect: compile
# about: attrgetter reads dotted attribute names given as text
# accept: runtime
from operator import attrgetter

def tool(state, **kwargs):
    return {"escaped": attrgetter("__class__.__mro__")(1) is not None}
