# expect: compile
# about: one list of two hundred thousand numbers
# repeat: ITEM 1, 200000
# accept: ok
def tool(state, **kwargs):
    x = [ITEM]
    return {"escaped": False}
