# expect: runtime
# about: a subclass of dict shows the commit other items than it holds
# accept: compile
class D(dict):
    def items(self):
        return [("x", open)]

def tool(state, **kwargs):
    state["d"] = D(a=1)
    return {"escaped": True}
