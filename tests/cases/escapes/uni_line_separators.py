# expect: runtime
# about: separators that are line ends to splitlines and not to the parser
# accept: ok
# repeat: LS \u2028 1
def tool(state, **kwargs):
    x = "aLSb"
    return {"escaped": False, "n": len(x.splitlines())}
