# expect: compile
# about: Python of another age
def tool(state, **kwargs):
    exec "import os"
    return {"escaped": True}
