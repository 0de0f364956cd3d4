# expect: limit
# about: trunc and ceil go through methods of the decimal
# accept: runtime
import math
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": math.ceil(Decimal("1e300000000")) + math.trunc(Decimal("1e300000000")) > 0}
