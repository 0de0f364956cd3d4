# expect: limit
# about: an f-string that repeats itself doubles a text without any operator
# accept: runtime
def tool(state, **kwargs):
    s = "0123456789"
    for _ in range(40):
        s = f"{s}{s}"
    return {"escaped": True}
