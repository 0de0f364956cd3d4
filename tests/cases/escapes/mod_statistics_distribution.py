# expect: compile
# about: NormalDist keeps private state and draws from random
# accept: runtime
from statistics import NormalDist

def tool(state, **kwargs):
    return {"escaped": NormalDist()._mu == 0}
