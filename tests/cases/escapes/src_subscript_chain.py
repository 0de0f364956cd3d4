# expect: compile
# about: a subscript of a subscript of a subscript
# repeat: SUB [0] 3000
def tool(state, **kwargs):
    x = stateSUB
    return {"escaped": x == 1}
