# expect: limit
# about: after the limit was replaced the tool calls functions that cost no fuel
def tool(state, **kwargs):
    try:
        try:
            while True:
                pass
        finally:
            {}["x"]
    except KeyError:
        state["dirty"] = 1
        return {"escaped": len(sorted([3, 1])) == 2}
