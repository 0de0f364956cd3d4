# expect: compile
# about: the C interface of datetime is a capsule object
# accept: runtime
from datetime import datetime_CAPI

def tool(state, **kwargs):
    return {"escaped": datetime_CAPI is not None}
