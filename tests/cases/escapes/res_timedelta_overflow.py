# expect: runtime
# about: dates and spans at the edge of what there is
# accept: ok compile
from datetime import datetime, timedelta

def tool(state, **kwargs):
    d = timedelta(days=999999999) * 10**300
    return {"escaped": True}
