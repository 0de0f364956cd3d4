# expect: compile
# about: importlib imports anything
# accept: runtime
import importlib

def tool(state, **kwargs):
    return {"escaped": importlib.import_module("os") is not None}
