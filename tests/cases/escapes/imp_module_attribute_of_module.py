# expect: compile
# about: datetime.sys and decimal.C contexts by attribute
# accept: runtime
import datetime
import decimal

def tool(state, **kwargs):
    return {"escaped": datetime.sys is not None or decimal.getcontext() is not None}
