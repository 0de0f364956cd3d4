# expect: compile
# about: a future import changes how the rest is compiled
from __future__ import annotations

def tool(state, **kwargs):
    return {"escaped": True}
