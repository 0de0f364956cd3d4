# expect: compile
# about: five thousand parentheses around a number
# repeat: OPEN ( 5000
# repeat: CLOSE ) 5000
def tool(state, **kwargs):
    x = OPEN1CLOSE
    return {"escaped": x == 1}
