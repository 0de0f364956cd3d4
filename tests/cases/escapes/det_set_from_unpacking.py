# expect: runtime
# about: a set display made of spread texts
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": list({*"hello world", *["alpha", "beta", "gamma"]})}
