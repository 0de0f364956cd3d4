# expect: limit
# about: all() over a generator over a range without end
def tool(state, **kwargs):
    return {"escaped": all(i >= 0 for i in range(10**15))}
