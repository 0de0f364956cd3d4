# expect: runtime
# about: the reason of require() is a bound method
# accept: compile limit
# harness: compare
def tool(state, **kwargs):
    require(False, [].append)
