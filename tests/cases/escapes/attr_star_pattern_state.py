# expect: compile
# about: the rest of a sequence pattern is captured under the name state
# tables: mro
# accept: runtime
def tool(state, **kwargs):
    match [1, 2]:
        case [1, *state]:
            return {"escaped": state.mro is not None}
