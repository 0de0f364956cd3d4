# expect: limit
# about: rounding an integer to minus a billion digits computes ten to a billion
# accept: runtime ok
def tool(state, **kwargs):
    return {"escaped": False, "v": round(5, -(10**9))}
