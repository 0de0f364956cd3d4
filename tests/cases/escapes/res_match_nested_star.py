# expect: limit
# about: a star pattern inside a mapping pattern
# accept: runtime compile
def tool(state, **kwargs):
    match {"a": [range(10**9)]}:
        case {"a": [[x, *rest]]}:
            return {"escaped": len(rest) > 1}
