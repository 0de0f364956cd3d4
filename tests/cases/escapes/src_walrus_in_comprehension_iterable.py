# expect: compile
# about: a walrus where the compiler refuses it late
def tool(state, **kwargs):
    return {"escaped": [x for x in (y := [1])] == [1]}
