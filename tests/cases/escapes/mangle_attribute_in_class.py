# expect: compile
# about: a double underscore name in a class is written under another name than the policy saw
# accept: runtime
class A:
    def f(self):
        self.__x = 1
        return self

def tool(state, **kwargs):
    return {"escaped": A().f() is not None}
