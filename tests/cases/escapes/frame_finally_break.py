# expect: compile
# about: break in finally swallows the limit
# accept: limit
def tool(state, **kwargs):
    while True:
        try:
            while True:
                pass
        finally:
            break
    return {"escaped": True}
