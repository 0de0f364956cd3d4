# expect: runtime
# about: astimezone() without argument takes the machine's zone
# accept: compile ok
# harness: compare
from datetime import datetime, timezone

def tool(state, **kwargs):
    return {"escaped": False, "v": str(datetime(2026, 3, 2, tzinfo=timezone.utc).astimezone())}
