# expect: compile
# about: a local context entered with `with`
# accept: runtime
from decimal import localcontext, Decimal

def tool(state, **kwargs):
    with localcontext() as c:
        c.prec = 999999
        return {"escaped": len(str(Decimal(1) / 7)) > 1000}
