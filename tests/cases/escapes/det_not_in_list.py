# expect: runtime
# about: Python's message about an item that is not in a list shows the item
# accept: compile ok
# harness: compare
def tool(state, **kwargs):
    try:
        [1].index(tool)
    except ValueError as e:
        return {"escaped": False, "v": f"{e}|{[e]}|{e.args[0]}"}
