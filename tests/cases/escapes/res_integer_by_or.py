# expect: limit
# about: operators without a guard on huge integers read from text
# accept: runtime
def tool(state, **kwargs):
    x = int("1" * 900000, 2)
    keep = [x | i for i in range(300000)]
    return {"escaped": True}
