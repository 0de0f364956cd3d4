# expect: runtime
# about: date.fromtimestamp uses the machine's zone
# accept: compile ok
# harness: compare
from datetime import date

def tool(state, **kwargs):
    return {"escaped": False, "v": str(date.fromtimestamp(86399))}
