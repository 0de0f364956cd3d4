# expect: compile
# about: the decimal context is shared with everything else in the thread
# calls: 2
# accept: runtime
import decimal

def tool(state, **kwargs):
    decimal.getcontext().prec = 3
    return {"escaped": str(decimal.Decimal(1) / 3) == "0.333"}
