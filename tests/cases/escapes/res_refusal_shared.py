# expect: runtime
# about: the reason of a refusal is a structure that explodes when written out
# accept: limit
def tool(state, **kwargs):
    x = [1]
    for _ in range(40):
        x = [x, x]
    fail(x)
