# expect: compile
# about: read a file
def tool(state, **kwargs):
    return {"escaped": len(open("/etc/hostname").read()) >= 0}
