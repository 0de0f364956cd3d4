# expect: runtime
# about: whether an invalid operation raises depends on the traps of the host thread
# accept: ok compile
# harness: compare
from decimal import Decimal

def tool(state, **kwargs):
    try:
        return {"escaped": False, "v": str(Decimal(0) / Decimal(0))}
    except ArithmeticError:
        return {"escaped": False, "v": "raised"}
