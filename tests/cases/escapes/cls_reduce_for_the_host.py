# expect: runtime
# about: an object in the result whose __reduce__ runs code when the host pickles it
# accept: compile
class A:
    def __reduce__(self):
        return (open, ("/tmp/owned", "w"))

def tool(state, **kwargs):
    return {"escaped": True, "x": A()}
