# expect: limit
# about: every turn asks for another format, which the library compiles anew
# accept: runtime
from datetime import datetime

def tool(state, **kwargs):
    for i in range(900000):
        datetime.strptime(f"{i} 2026", f"{i} %Y")
    return {"escaped": True}
