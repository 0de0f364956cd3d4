# expect: runtime
# about: the text of a set shows its order
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": f"{set('qwertyuiop')}", "w": str({"one", "two", "three"})}
