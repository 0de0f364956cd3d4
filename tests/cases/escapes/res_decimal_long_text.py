# expect: limit
# about: decimals of a million digits, read and written
# accept: runtime
from decimal import Decimal

def tool(state, **kwargs):
    s = "7" * 1000000
    keep = [str(Decimal(s)) for _ in range(20000)]
    return {"escaped": True}
