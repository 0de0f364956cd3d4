# expect: compile
# about: __match_args__ names attributes that the pattern then reads
# accept: runtime
class A:
    __match_args__ = ("__class__",)

def tool(state, **kwargs):
    match A():
        case A(c):
            return {"escaped": c is A}
