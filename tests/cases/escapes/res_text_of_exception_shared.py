# expect: limit
# about: str() of an exception whose argument is a shared structure
# accept: runtime
def tool(state, **kwargs):
    x = [1]
    for _ in range(60):
        x = [x, x]
    return {"escaped": len(str(ValueError(x))) > 0}
