# expect: limit
# about: len, isinstance and range rebound in the stub, in the hope that a guard uses the stub's
# accept: compile runtime
len = lambda x: 0
isinstance = lambda o, t: True

def tool(state, **kwargs):
    s = "a" * 900000
    return {"escaped": (s * 900000) is not None}
