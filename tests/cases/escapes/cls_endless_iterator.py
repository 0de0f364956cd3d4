# expect: limit
# about: an iterator without end handed to a C loop
# accept: compile
class A:
    def __iter__(self):
        return self
    def __next__(self):
        return 0

def tool(state, **kwargs):
    return {"escaped": 1 in A()}
