# expect: runtime
# about: signals raised by one call leave flags in the context of the thread
# accept: ok compile
# calls: 2
from decimal import Decimal

def tool(state, **kwargs):
    a = Decimal(1) / Decimal(3)
    b = Decimal("1e999999") * Decimal("1e-9999999")
    return {"escaped": False, "v": str(a)}
