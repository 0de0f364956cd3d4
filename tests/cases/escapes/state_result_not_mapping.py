# expect: runtime
# about: a result that is a bare tuple with a key view inside
def tool(state, **kwargs):
    return ({"escaped": True}.keys(), 1)
