# expect: runtime
# about: KeyError shows the key, here a function
# accept: compile
# harness: compare
def tool(state, **kwargs):
    return {}[tool]
