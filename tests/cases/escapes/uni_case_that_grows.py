# expect: runtime
# about: casefold, upper and swapcase of letters without a simple counterpart
# accept: ok
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": ["ß".upper(), "İ".lower(), "ŉ".upper(), "ﬃ".casefold(), "ǆ".title()]}
