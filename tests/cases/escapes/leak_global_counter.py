# expect: compile
# about: global keeps a counter in the module's namespace
# calls: 2
def tool(state, **kwargs):
    global counter
    counter = counter + 1 if "counter" in state else 1
    return {"escaped": True}
