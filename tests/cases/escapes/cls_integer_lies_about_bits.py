# expect: limit
# about: a subclass of int says it has no bits and slips through the bound on shifts
# accept: compile runtime
class I(int):
    def bit_length(self):
        return 0

def tool(state, **kwargs):
    return {"escaped": (I(1) << I(10**10)) > 0}
