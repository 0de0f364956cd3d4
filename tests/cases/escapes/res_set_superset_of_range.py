# expect: limit
# about: issuperset runs through its argument as long as it holds
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": set().issubset(range(10**9)) or {"a"}.issubset(range(10**9))}
