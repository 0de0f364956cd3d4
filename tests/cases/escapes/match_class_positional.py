# expect: compile
# about: a class pattern calls isinstance with the wrapper of a type
# accept: runtime ok
def tool(state, **kwargs):
    match "x":
        case str(x):
            return {"escaped": False, "v": x}
    return {"escaped": False}
