# expect: limit
# about: a range looks for a decimal item by item
# accept: runtime ok compile
# stops: clock
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": False, "v": Decimal("0.5") in range(10**11)}
