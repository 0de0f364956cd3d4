# expect: compile
# about: __del__ runs after the call, when no limit is in force
# accept: ok runtime
class A:
    def __del__(self):
        while True:
            pass

def tool(state, **kwargs):
    a = A()
    return {"escaped": False}
