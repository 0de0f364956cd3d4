# expect: compile
# about: since 3.9 any expression is a decorator
def tool(state, **kwargs):
    kept = []
    @[kept.append][0]
    def f():
        return 1
    return {"escaped": len(kept) == 1 and f is None}
