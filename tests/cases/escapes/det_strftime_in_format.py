# expect: runtime
# about: the same through a format spec
# accept: compile ok
# harness: compare
from datetime import datetime

def tool(state, **kwargs):
    return {"escaped": False, "v": f"{datetime(2026, 7, 2, 9):%s}"}
