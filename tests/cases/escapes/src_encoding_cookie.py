# expect: runtime
# about: an encoding declaration asks the parser to read the rest as UTF-7
# accept: ok compile
# -*- coding: utf-7 -*-
def tool(state, **kwargs):
    # +AAo-    import os
    return {"escaped": False}
