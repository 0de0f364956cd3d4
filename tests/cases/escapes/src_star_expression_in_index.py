# expect: compile
# about: a starred expression in a subscript (3.11)
# accept: runtime ok
def tool(state, **kwargs):
    d = {}
    d[*[1, 2], 3] = 4
    return {"escaped": False, "x": len(d)}
