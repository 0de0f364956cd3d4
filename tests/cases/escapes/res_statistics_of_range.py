# expect: limit
# about: statistics makes a list of what it is given
# accept: runtime
import statistics

def tool(state, **kwargs):
    return {"escaped": statistics.median(range(10**9)) > 0}
