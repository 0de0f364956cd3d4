# expect: compile
# about: FunctionType makes a function of any code and globals
# accept: runtime
import types

def tool(state, **kwargs):
    return {"escaped": types.FunctionType is not None}
