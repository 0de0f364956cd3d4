# expect: limit
# about: recursion through a method of an own class that sorts its own kind
# accept: runtime compile
class Node:
    def walk(self, n):
        return sorted([1, 2], key=self.walk)

def tool(state, **kwargs):
    return {"escaped": Node().walk(0) is not None}
