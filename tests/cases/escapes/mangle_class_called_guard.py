# expect: compile
# about: in a class called tick, __ becomes a prefix: _tick__x
# accept: runtime
class tick:
    __ = 5
    def f(self):
        return self._tick__

def tool(state, **kwargs):
    return {"escaped": True}
