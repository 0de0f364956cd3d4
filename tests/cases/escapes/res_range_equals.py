# expect: limit
# about: comparing a list with a huge range, and a huge range as a key
# accept: runtime ok compile
def tool(state, **kwargs):
    d = {range(10**11): 1}
    return {"escaped": range(10**11) not in d, "v": range(10**11) == range(0, 10**11)}
