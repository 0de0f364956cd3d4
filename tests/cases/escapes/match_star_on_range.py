# expect: limit
# about: a star pattern makes a list of a range without a loop
# accept: runtime compile
def tool(state, **kwargs):
    match range(10**9):
        case [a, *rest]:
            return {"escaped": len(rest) > 0}
