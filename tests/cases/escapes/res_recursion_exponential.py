# expect: limit
# about: shallow recursion, exponentially many calls
def tool(state, **kwargs):
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)
    return {"escaped": fib(60) > 0}
