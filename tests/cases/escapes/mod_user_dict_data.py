# expect: compile
# about: UserDict shows its dictionary, which aliases nothing that the policy tracks
# accept: runtime
from collections import UserDict

def tool(state, **kwargs):
    u = UserDict()
    u.data = state
    u.data.update({"hidden": 1})
    return {"escaped": True}
