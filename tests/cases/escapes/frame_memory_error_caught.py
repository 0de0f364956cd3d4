# expect: limit
# about: MemoryError is an Exception; catch it and go on with what there is
# accept: runtime compile
def tool(state, **kwargs):
    keep = []
    try:
        while True:
            keep.append("x" * 1000000)
    except Exception:
        return {"escaped": True}
