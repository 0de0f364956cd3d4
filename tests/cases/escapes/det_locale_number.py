# expect: runtime
# about: the n format takes the separators of the process locale
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": f"{1234567.5:n}"}
