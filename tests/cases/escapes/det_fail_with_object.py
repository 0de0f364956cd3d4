# expect: runtime
# about: a refusal whose reason is an object, written out by the host
# accept: compile limit
# harness: compare
def tool(state, **kwargs):
    fail(tool)
