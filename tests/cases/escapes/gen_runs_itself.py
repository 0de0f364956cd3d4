# expect: runtime
# about: a generator that asks itself for its next value
# accept: compile limit
def tool(state, **kwargs):
    box = []
    box.append(x for x in [1] if list(box[0]))
    return {"escaped": list(box[0]) == [1]}
