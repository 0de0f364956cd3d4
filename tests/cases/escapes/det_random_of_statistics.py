# expect: runtime
# about: statistics can draw samples
# accept: compile
# harness: compare
import statistics

def tool(state, **kwargs):
    return {"escaped": False, "v": statistics.NormalDist(0, 1).samples(2)}
