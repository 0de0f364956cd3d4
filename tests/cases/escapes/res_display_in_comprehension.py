# expect: limit
# about: the element of a comprehension is a display of thousands of items
# repeat: ITEM x, 5000
# accept: compile
def tool(state, **kwargs):
    x = 1
    keep = [(ITEM) for i in range(900000)]
    return {"escaped": True}
