# expect: limit
# about: an own class whose initialiser makes another of its kind
# accept: runtime compile
class Node:
    def __init__(self):
        self.inner = Node()

def tool(state, **kwargs):
    return {"escaped": Node() is not None}
