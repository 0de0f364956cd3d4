# expect: compile
# about: any callable is a metaclass and receives the namespace of the class body
# accept: runtime
def tool(state, **kwargs):
    class A(metaclass=lambda name, bases, space: sorted(space)):
        secret = 1
    return {"escaped": "secret" in A}
