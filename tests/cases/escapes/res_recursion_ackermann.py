# expect: limit
# about: recursion deep and wide
# accept: runtime
def tool(state, **kwargs):
    def a(m, n):
        return n + 1 if m == 0 else a(m - 1, 1 if n == 0 else a(m, n - 1))
    return {"escaped": a(4, 3) > 0}
