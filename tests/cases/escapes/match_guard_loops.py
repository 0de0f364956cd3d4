# expect: limit
# about: the guard of a case does the work
def tool(state, **kwargs):
    while True:
        match 1:
            case 1 if [0 for _ in range(1000)] == []:
                return {"escaped": True}
