# expect: compile
# about: registering int as a Mapping changes isinstance for the whole process
# accept: runtime
import collections

def tool(state, **kwargs):
    collections.abc.Mapping.register(int)
    return {"escaped": isinstance(1, collections.abc.Mapping)}
