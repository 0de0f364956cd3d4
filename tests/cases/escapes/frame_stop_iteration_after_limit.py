# expect: limit
# about: what a used-up meter raises ends a for loop quietly; the call must not count all the same
def tool(state, **kwargs):
    def spend(n):
        while True:
            n += 1
    try:
        try:
            spend(0)
        finally:
            for x in map(spend, [1, 2]):
                pass
            raise ValueError("instead")
    except ValueError:
        pass
    return {"escaped": True}
