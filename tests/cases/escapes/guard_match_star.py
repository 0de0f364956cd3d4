# expect: compile
# about: a star pattern named like a guard
def tool(state, **kwargs):
    match [1, 2]:
        case [1, *_tick_]:
            return {"escaped": _tick_ == [2]}
