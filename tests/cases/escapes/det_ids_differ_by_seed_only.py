# expect: runtime
# about: generated ids must depend on seed, table and count alone
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": [new_id("store"), new_id("other"), new_id("store")], "w": now()}
