# expect: limit
# about: a width inside the strftime directive of a format spec
# accept: runtime compile ok
from datetime import datetime

def tool(state, **kwargs):
    return {"escaped": len(f"{datetime(2026, 1, 1):%999999999d}") > 100000}
