# expect: limit
# about: statistics turns decimals into exact fractions
# accept: runtime
import statistics
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": statistics.mean([Decimal("1e300000000"), Decimal("1e-300000000")]) != 0}
