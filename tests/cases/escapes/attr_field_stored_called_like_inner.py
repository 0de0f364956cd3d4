# expect: compile
# about: storing a field on an own object makes its name readable on every object
class Box:
    def __init__(self):
        self.gi_frame = 1
        self.options = 2

def tool(state, **kwargs):
    return {"escaped": (x for x in [1]).gi_frame is not None}
