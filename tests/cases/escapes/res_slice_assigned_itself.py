# expect: limit
# about: a list put into itself doubles each turn
# accept: runtime compile
def tool(state, **kwargs):
    l = [1]
    for _ in range(40):
        l[0:0] = l
    return {"escaped": True}
