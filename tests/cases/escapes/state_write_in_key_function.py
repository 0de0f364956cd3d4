# expect: runtime
# about: a key function writes, then fails
# view: tables
def tool(state, **kwargs):
    def key(n):
        state.other[str(n)] = {"id": str(n)}
        return 1 / (2 - n)
    return {"escaped": sorted([1, 2], key=key) == []}
