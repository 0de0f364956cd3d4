# expect: compile
# about: __mro_entries__ decides the bases of a class at run time
# accept: runtime
class A:
    def __mro_entries__(self, bases):
        return (dict,)

def tool(state, **kwargs):
    class B(A()):
        pass
    B().update(state)
    return {"escaped": True}
