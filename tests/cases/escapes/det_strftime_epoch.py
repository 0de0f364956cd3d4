# expect: runtime
# about: strftime("%s") of the C library counts seconds in the machine's zone
# accept: compile ok
# harness: compare
from datetime import datetime

def tool(state, **kwargs):
    return {"escaped": False, "v": datetime(2026, 3, 2, 9).strftime("%s")}
