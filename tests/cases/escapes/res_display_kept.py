# expect: limit
# about: one turn makes a list of five thousand items with no call at all
# repeat: ITEM x, 5000
# accept: compile
def tool(state, **kwargs):
    x = 1
    keep = []
    for i in range(900000):
        keep.append([ITEM])
    return {"escaped": True}
