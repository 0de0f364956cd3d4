# expect: limit
# about: the limit is hit in a generator that any() runs through
# accept: compile
def tool(state, **kwargs):
    def f(n):
        for i in range(10**12):
            n += i
        return n
    try:
        found = any(f(n) for n in [1, 2])
    except Exception:
        found = False
    return {"escaped": not found}
