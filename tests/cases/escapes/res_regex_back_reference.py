# expect: limit
# about: back references make matching hard
# accept: runtime
import re

def tool(state, **kwargs):
    return {"escaped": re.match(r"(a*)(a*)(a*)\1\2\3\1b", "a" * 3000) is not None}
