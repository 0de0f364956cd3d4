# expect: compile
# about: a form feed resets the column of the tokenizer
# repeat: FF \x0c 1
# accept: ok
def tool(state, **kwargs):
    x = 1
FF    y = 2
    return {"escaped": False}
