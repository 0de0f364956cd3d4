# expect: compile
# about: a module name in other letters
# accept: runtime
import ｏｓ

def tool(state, **kwargs):
    return {"escaped": True}
