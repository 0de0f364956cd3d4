# expect: limit
# about: dict.fromkeys kept in a variable
# accept: runtime compile
def tool(state, **kwargs):
    make = dict.fromkeys
    return {"escaped": len(make(range(10**9))) > 0}
