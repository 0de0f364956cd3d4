# expect: runtime
# about: the name of an own exception is thirty thousand letters long
# repeat: NAME abcdefghij 3000
# accept: compile
class NAME(Exception):
    pass

def tool(state, **kwargs):
    raise NAME("x" * 1000000)
