# expect: runtime
# about: a time in the result
# accept: compile
from datetime import date

def tool(state, **kwargs):
    return {"escaped": True, "d": date(2026, 3, 2)}
