# expect: compile
# about: format specs nest deeper than Python takes
def tool(state, **kwargs):
    return {"escaped": f"{1:{1:{1:{1}}}}" != ""}
