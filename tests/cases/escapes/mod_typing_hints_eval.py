# expect: compile
# about: get_type_hints evaluates annotations that are texts
# accept: runtime
import typing

def tool(state, **kwargs):
    def f(x: "open"):
        return x
    return {"escaped": typing.get_type_hints(f)["x"] is open}
