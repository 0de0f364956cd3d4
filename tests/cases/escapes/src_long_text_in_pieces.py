# expect: compile
# about: many short literals side by side become one long one
# repeat: PIECE 'abcdefghij'_ 20000
# accept: ok
def tool(state, **kwargs):
    x = (PIECE'')
    return {"escaped": False}
