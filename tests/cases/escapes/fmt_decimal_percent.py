# expect: limit
# about: the percent format of a decimal writes it out too
# accept: runtime compile
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": len(f"{Decimal('1e999999990'):%}") > 0}
