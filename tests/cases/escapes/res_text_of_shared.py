# expect: limit
# about: str() of a shared structure
# accept: runtime
def tool(state, **kwargs):
    x = (1,)
    for _ in range(60):
        x = (x, x)
    return {"escaped": len(str(x)) > 0}
