# expect: compile
# about: a loop writes to a module without an assignment
# accept: runtime
# calls: 2
import math

def tool(state, **kwargs):
    for math.pi in [3]:
        pass
    return {"escaped": math.pi == 3}
