# expect: limit
# about: the body of a class runs without being a function
# accept: compile
def tool(state, **kwargs):
    class A:
        n = 0
        while True:
            n += 1
    return {"escaped": True}
