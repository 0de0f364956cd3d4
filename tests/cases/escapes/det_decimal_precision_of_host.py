# expect: runtime
# about: the decimal context is the host thread's, with whatever precision it was left
# accept: ok compile
# harness: compare
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": False, "v": str(Decimal(1) / Decimal(7)), "w": f"{Decimal('2.5'):.0f}"}
