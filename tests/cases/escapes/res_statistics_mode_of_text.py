# expect: limit
# about: the mode of a long text counts every character, again and again
# accept: runtime
import statistics

def tool(state, **kwargs):
    s = "ab" * 450000
    n = [statistics.mode(s) for _ in range(10000)]
    return {"escaped": True}
