# expect: compile
# about: a hexadecimal literal has no limit of digits
# repeat: DIGITS ffffffffff 5000
# accept: limit runtime
def tool(state, **kwargs):
    x = 0xDIGITS
    return {"escaped": x > 0}
