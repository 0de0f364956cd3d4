# expect: compile
# about: the rest of a mapping pattern is captured under the name state
# tables: format_map mapping
# accept: runtime
def tool(state, **kwargs):
    match {"a": 1}:
        case {**state}:
            return {"escaped": state.mapping is not None}
