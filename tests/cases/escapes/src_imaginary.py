# expect: compile
# about: an imaginary literal is a type that no guard knows
# accept: runtime
def tool(state, **kwargs):
    return {"escaped": (1j * 1j).real == -1}
