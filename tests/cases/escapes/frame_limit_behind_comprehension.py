# expect: limit
# about: a limit inside a comprehension inside finally inside a function called by sorted
def tool(state, **kwargs):
    def key(n):
        try:
            return [0 for _ in range(10**12)]
        finally:
            n += {}.get("x", 1)
    try:
        sorted([1, 2], key=key)
    except (TypeError, RuntimeError, StopIteration, LookupError):
        pass
    return {"escaped": True}
