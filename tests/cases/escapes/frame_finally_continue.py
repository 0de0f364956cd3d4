# expect: compile
# about: continue in finally swallows the limit and loops on
# accept: limit
def tool(state, **kwargs):
    for i in range(10):
        try:
            while True:
                pass
        finally:
            continue
    return {"escaped": True}
