# expect: runtime
# about: how many digits of an integer can be written is a setting of the interpreter
# accept: ok compile limit
# harness: compare
def tool(state, **kwargs):
    try:
        return {"escaped": False, "v": str(7**1400)}
    except ValueError:
        return {"escaped": False, "v": "too long"}
