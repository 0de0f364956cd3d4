# expect: compile
# about: nonlocal reaches a guard bound further out
def tool(state, **kwargs):
    def outer():
        _tick_ = 1
        def inner():
            nonlocal _tick_
            _tick_ = lambda: True
        inner()
    outer()
    return {"escaped": True}
