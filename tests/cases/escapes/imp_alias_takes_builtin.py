# expect: runtime
# about: a module under the name of a builtin
# accept: compile ok
import math as len

def tool(state, **kwargs):
    return {"escaped": len("abc") == 3}
