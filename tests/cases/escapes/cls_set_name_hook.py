# expect: compile
# about: __set_name__ is called by the class statement with the class itself
# accept: runtime
def tool(state, **kwargs):
    got = []
    class D:
        def __set_name__(self, owner, name):
            got.append(owner)
    class A:
        d = D()
    return {"escaped": len(got) == 1}
