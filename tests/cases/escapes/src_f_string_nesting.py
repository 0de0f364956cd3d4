# expect: compile
# about: f-strings in f-strings in f-strings
# accept: ok
def tool(state, **kwargs):
    x = f"{f'{f"""{f'''{1}'''}"""}'}"
    return {"escaped": False, "x": x}
