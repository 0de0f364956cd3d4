# expect: limit
# about: two lambdas that call each other through a list
# accept: runtime
def tool(state, **kwargs):
    l = []
    l.append(lambda: l[1]())
    l.append(lambda: l[0]())
    l[0]()
    return {"escaped": True}
