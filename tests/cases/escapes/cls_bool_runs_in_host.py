# expect: limit
# about: require() asks the object for its truth, in the host's code
# accept: compile
class A:
    def __bool__(self):
        while True:
            pass

def tool(state, **kwargs):
    require(A(), "never")
    return {"escaped": True}
