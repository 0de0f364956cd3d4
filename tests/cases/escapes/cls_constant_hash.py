# expect: limit
# about: ten thousand keys of one hash make a dictionary quadratic inside C
# accept: compile
class K:
    def __init__(self, n):
        self.n = n
    def __hash__(self):
        return 1
    def __eq__(self, other):
        return False

def tool(state, **kwargs):
    return {"escaped": len({K(i): i for i in range(200000)}) > 0}
