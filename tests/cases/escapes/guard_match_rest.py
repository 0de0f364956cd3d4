# expect: compile
# about: the rest of a mapping pattern replaces the table of modules
def tool(state, **kwargs):
    match {"math": 5}:
        case {**_modules_}:
            import math
            return {"escaped": math == 5}
