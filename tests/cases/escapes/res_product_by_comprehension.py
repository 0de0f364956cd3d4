# expect: limit
# about: many clauses in one comprehension
def tool(state, **kwargs):
    r = range(100)
    return {"escaped": len([1 for a in r for b in r for c in r for d in r for e in r]) > 0}
