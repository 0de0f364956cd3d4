# expect: runtime
# about: a decimal in a row
# accept: compile
from decimal import Decimal

def tool(state, **kwargs):
    state["d"] = Decimal("1.5")
    return {"escaped": True}
