# expect: runtime
# about: __getattr__ answers any name that a guard looks up on the object
# accept: compile ok
class A:
    def __getattr__(self, name):
        return lambda *a, **k: name

def tool(state, **kwargs):
    a = A()
    return {"escaped": a.append() == "append"}
