# expect: compile
# about: super() finds its class through a hidden cell called __class__
# accept: runtime
class A:
    def f(self):
        return __class__

def tool(state, **kwargs):
    return {"escaped": A().f() is A}
