# expect: limit
# about: the variance of decimals with a moderate exponent squares exact fractions
# accept: runtime
import statistics
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": statistics.pvariance([Decimal("1e9000000"), Decimal("3e-9000000"), Decimal(1)]) != 0}
