# expect: limit
# about: a function that defines functions that define functions, each called
def tool(state, **kwargs):
    def a():
        def b():
            def c():
                return 1
            return sum(c() for _ in range(1000))
        return sum(b() for _ in range(1000))
    return {"escaped": sum(a() for _ in range(1000)) > 0}
