# expect: compile
# about: the second name of one import statement
# accept: runtime
def tool(state, **kwargs):
    import math, subprocess
    return {"escaped": subprocess.run is not None}
