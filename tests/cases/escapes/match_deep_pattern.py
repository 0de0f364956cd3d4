# expect: compile
# about: a pattern nested three hundred levels deep
# repeat: OPEN [ 300
# repeat: CLOSE ] 300
# accept: ok
def tool(state, **kwargs):
    match 1:
        case OPENxCLOSE:
            return {"escaped": True}
    return {"escaped": False}
