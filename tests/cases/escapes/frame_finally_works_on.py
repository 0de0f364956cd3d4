# expect: limit
# about: the finally clause goes on working after the fuel is gone
def tool(state, **kwargs):
    try:
        while True:
            pass
    finally:
        while True:
            pass
