# expect: limit
# about: a loop that continues before anything else
def tool(state, **kwargs):
    while True:
        continue
