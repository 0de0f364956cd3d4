# expect: limit
# about: a power of constants, computed by the compiler if it folds
# accept: compile runtime
def tool(state, **kwargs):
    return {"escaped": 9 ** 9 ** 9 > 0}
