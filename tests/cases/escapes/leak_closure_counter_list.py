# expect: runtime
# about: a list outside the function counts the calls
# accept: ok compile
# calls: 2
# state: same
count = []

def tool(state, **kwargs):
    count.append(1)
    return {"escaped": len(count) > 1}
