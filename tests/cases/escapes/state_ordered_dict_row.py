# expect: runtime
# about: a row that is a subclass of dict
# view: tables
# accept: compile ok
from collections import OrderedDict

def tool(state, **kwargs):
    state.other["o"] = OrderedDict(id="o")
    return {"escaped": False}
