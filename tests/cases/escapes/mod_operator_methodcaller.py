# expect: compile
# about: methodcaller calls a method named in a text
# accept: runtime
import operator

def tool(state, **kwargs):
    return {"escaped": operator.methodcaller("__reduce__")(1) is not None}
