# expect: runtime
# about: the reason of a refusal is a list of long texts
# accept: limit
def tool(state, **kwargs):
    require(False, ["a" * 1000000] * 100000)
