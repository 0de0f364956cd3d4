# expect: runtime
# about: StopIteration out of the tool could end a loop of the host
# accept: compile
def tool(state, **kwargs):
    raise StopIteration({"escaped": True})
