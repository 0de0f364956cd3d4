# expect: runtime
# about: strptime knows the zone names of the machine it runs on
# accept: compile ok
# harness: compare
from datetime import datetime

def tool(state, **kwargs):
    got = []
    for zone in ["CET", "EST", "JST", "PDT", "NZST", "IST"]:
        try:
            got.append(str(datetime.strptime(zone, "%Z")))
        except ValueError:
            got.append(None)
    return {"escaped": False, "v": got}
