# expect: compile
# about: a handler without a type catches the limit
def tool(state, **kwargs):
    try:
        while True:
            pass
    except:
        return {"escaped": True}
