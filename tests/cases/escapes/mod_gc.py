# expect: compile
# about: the garbage collector lists every object of the process
# accept: runtime
import gc

def tool(state, **kwargs):
    return {"escaped": len(gc.get_objects()) > 0}
