# expect: runtime
# about: a refusal replaced in finally must stay a refusal
# accept: compile
def tool(state, **kwargs):
    try:
        try:
            require(False, "refused")
        finally:
            raise ValueError("instead")
    except ValueError:
        return {"escaped": True}
