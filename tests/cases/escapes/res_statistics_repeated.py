# expect: limit
# about: exact statistics cost far more than one unit an item
# accept: runtime ok
import statistics

def tool(state, **kwargs):
    l = [i / 7 for i in range(10000)]
    for _ in range(90):
        statistics.stdev(l)
    return {"escaped": False}
