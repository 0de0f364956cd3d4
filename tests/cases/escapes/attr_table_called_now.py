# expect: compile
# about: tables called like class methods of datetime make those readable: the real clock, the real zone
# tables: now today utcnow fromtimestamp astimezone timestamp
# harness: compare
from datetime import date, datetime

def tool(state, **kwargs):
    return {"escaped": datetime.now() > datetime(2020, 1, 1), "v": str(date.today())}
