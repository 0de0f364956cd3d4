# expect: compile
# about: tabs and spaces that agree only for one tab width
# repeat: TAB \t 1
# accept: ok
def tool(state, **kwargs):
    if state:
TABx = 1
        x = 2
    return {"escaped": False}
