# expect: runtime
# about: require rebound to a function that never refuses
# accept: compile ok
def tool(state, **kwargs):
    def quiet(require):
        require(False, "refused")
        return True
    return {"escaped": False, "v": quiet(lambda *a: None)}
