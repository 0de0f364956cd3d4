# expect: runtime
# about: Python's message about a wrong call shows the text of what is called, here an object with its address
# accept: compile
# harness: compare
class Box:
    pass

def tool(state, **kwargs):
    Box()(*5)
