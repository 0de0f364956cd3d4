# expect: limit
# about: keyword arguments come from a spread mapping
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len("\t".expandtabs(**{"tabsize": 2 * 10**9})) > 0}
