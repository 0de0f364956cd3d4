# expect: compile
# about: a walrus inside the annotation of a local variable makes the name local although nothing runs
# accept: ok runtime
def tool(state, **kwargs):
    x: (open := 1) = 2
    return {"escaped": open == 1}
