# expect: limit
# about: a lambda makes a display of thousands of items
# repeat: ITEM x, 5000
# accept: compile
def tool(state, **kwargs):
    x = 1
    f = lambda: [ITEM]
    keep = [f() for i in range(900000)]
    return {"escaped": True}
