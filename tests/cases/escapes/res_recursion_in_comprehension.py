# expect: limit
# about: recursion through the clauses of a comprehension
# accept: runtime
def tool(state, **kwargs):
    def f(n):
        return [x for x in f(n + 1)]
    return {"escaped": f(0) == []}
