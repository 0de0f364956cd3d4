# expect: limit
# about: strptime builds a pattern from a long format
# accept: runtime
from datetime import datetime

def tool(state, **kwargs):
    f = "a" * 500000
    for _ in range(100000):
        datetime.strptime(f + "2026", f + "%Y")
    return {"escaped": True}
