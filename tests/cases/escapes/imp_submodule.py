# expect: compile
# about: import a.b binds a whole package
# accept: runtime
import collections.abc

def tool(state, **kwargs):
    return {"escaped": collections.abc.sys is not None}
