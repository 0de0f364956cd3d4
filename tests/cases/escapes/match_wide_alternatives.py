# expect: limit
# about: five thousand alternatives tried in each of many turns
# accept: compile ok runtime
# repeat: ALT 7| 5000
def tool(state, **kwargs):
    for i in range(10**9):
        match 3:
            case ALT8:
                return {"escaped": True}
    return {"escaped": True}
