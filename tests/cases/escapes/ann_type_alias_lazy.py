# expect: compile
# about: a type alias statement keeps an expression for later, __value__ runs it
def tool(state, **kwargs):
    type X = open("/etc/hostname").read()
    return {"escaped": len(X.__value__) > 0}
