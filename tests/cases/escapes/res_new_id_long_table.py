# expect: limit
# about: the name of the table is a million characters, hashed by the host each time
# accept: runtime
def tool(state, **kwargs):
    t = "t" * 1000000
    for _ in range(900000):
        new_id(t)
    return {"escaped": True}
