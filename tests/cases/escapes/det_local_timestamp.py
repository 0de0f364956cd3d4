# expect: runtime
# about: timestamp() of a naive time uses the machine's zone
# accept: compile ok
# harness: compare
from datetime import datetime

def tool(state, **kwargs):
    return {"escaped": False, "v": datetime(2026, 3, 2).timestamp()}
