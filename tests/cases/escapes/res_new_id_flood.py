# expect: limit
# about: ids made in a loop, each hashed by the host
# accept: ok runtime
def tool(state, **kwargs):
    for _ in range(900000):
        new_id("store")
    return {"escaped": False}
