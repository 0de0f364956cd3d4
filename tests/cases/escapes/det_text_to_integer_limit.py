# expect: runtime
# about: how many digits int() reads is a setting of the interpreter
# accept: ok compile limit
# harness: compare
def tool(state, **kwargs):
    try:
        return {"escaped": False, "v": int("7" * 1200) % 97}
    except ValueError:
        return {"escaped": False, "v": "too long"}
