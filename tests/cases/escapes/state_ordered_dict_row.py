# expect: runtime
# about: a row that is a subclass of dict
# view: tables
# accept: compile
from collections import OrderedDict

def tool(state, **kwargs):
    state.other["o"] = OrderedDict(id="o")
    return {"escaped": True}
