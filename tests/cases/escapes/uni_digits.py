# expect: runtime
# about: digits of other scripts are numbers to int() and not to every check
# accept: ok
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": [int("١٢٣"), "²".isdigit(), "²".isdecimal(), float("１．５".replace("．", "."))]}
