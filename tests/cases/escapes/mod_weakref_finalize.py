# expect: compile
# about: a finalizer registered for the end of the process
# accept: runtime
import atexit

def tool(state, **kwargs):
    atexit.register(lambda: None)
    return {"escaped": True}
