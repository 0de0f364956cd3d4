# expect: limit
# about: objects of an own class, each with a copy of a long text
# accept: compile
class Box:
    def __init__(self, text):
        self.text = text + "x"

def tool(state, **kwargs):
    s = "a" * 900000
    keep = [Box(s) for _ in range(900000)]
    return {"escaped": True}
