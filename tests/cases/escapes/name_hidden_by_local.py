# expect: compile
# about: a forbidden name is bound in one function so that another may read the builtin
# accept: runtime
def tool(state, **kwargs):
    def never():
        open = 1
        return open
    return {"escaped": open("/etc/hostname") is not None}
