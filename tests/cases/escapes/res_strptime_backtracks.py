# expect: limit
# about: the white space of a format becomes repetitions in a pattern
# accept: runtime
from datetime import datetime

def tool(state, **kwargs):
    n = 0
    for _ in range(100):
        try:
            datetime.strptime(" " * 5000 + "x", " %% ".replace("%%", "") * 3 + "%Y")
        except ValueError:
            n += 1
    return {"escaped": False, "v": n}
