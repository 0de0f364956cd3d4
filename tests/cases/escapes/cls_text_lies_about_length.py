# expect: limit
# about: a subclass of str says it is empty and slips through the bound on repetition
# accept: compile runtime
class S(str):
    def __len__(self):
        return 0

def tool(state, **kwargs):
    s = S("a" * 100000)
    return {"escaped": (s * 100000).upper() is not None}
