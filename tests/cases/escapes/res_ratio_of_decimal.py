# expect: limit
# about: the ratio of a decimal with a huge exponent
# accept: runtime compile ok
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": Decimal("1e-300000000").as_integer_ratio()[1] > 10**100000}
