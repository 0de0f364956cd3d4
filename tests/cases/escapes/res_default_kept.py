# expect: limit
# about: functions with long defaults, kept in a list
# accept: compile
def tool(state, **kwargs):
    l = [0] * 900000
    keep = []
    for i in range(900000):
        def f(a=l[1:]):
            return a
        keep.append(f)
    return {"escaped": True}
