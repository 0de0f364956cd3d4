# expect: compile
# about: ctypes reads and writes memory
# accept: runtime
import ctypes

def tool(state, **kwargs):
    return {"escaped": ctypes.CDLL(None) is not None}
