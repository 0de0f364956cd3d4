# expect: limit
# about: a hundred thousand directives a call, again and again
# accept: runtime compile
from datetime import datetime

def tool(state, **kwargs):
    d = datetime(2026, 1, 1)
    keep = [d.strftime("%A %B %c" * 100000) for _ in range(10000)]
    return {"escaped": len(keep) > 0}
