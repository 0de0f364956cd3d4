# expect: limit
# about: the key function sorts with itself as the key
# accept: runtime
def tool(state, **kwargs):
    def key(n):
        return sorted([n, n + 1], key=key)
    return {"escaped": key(1) is not None}
