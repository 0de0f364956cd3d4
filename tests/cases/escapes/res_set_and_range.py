# expect: limit
# about: the operator & of a set runs through what it is given
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len({1, 2} & set() | {3}) == 1 and len({1} & range(10**11)) == 1}
