# expect: compile
# about: a mangled parameter name in a method
# accept: runtime
class A:
    def f(self, __x):
        return __x

def tool(state, **kwargs):
    return {"escaped": A().f(_A__x=1) == 1}
