# expect: limit
# about: a hundred thousand directives that all name one long text
# accept: runtime
def tool(state, **kwargs):
    return {"escaped": len("%(a)s" * 100000 % {"a": "x" * 1000000}) > 0}
