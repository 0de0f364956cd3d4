# expect: limit
# about: an exception raised in finally replaces the limit and is then caught
def tool(state, **kwargs):
    try:
        try:
            while True:
                pass
        finally:
            raise ValueError("instead")
    except ValueError:
        return {"escaped": True}
