# expect: compile
# about: sixty comprehensions in one another
# repeat: OPEN [x_for_x_in_ 90
# repeat: CLOSE ] 90
# accept: ok runtime limit
def tool(state, **kwargs):
    x = OPEN[1]CLOSE
    return {"escaped": False}
