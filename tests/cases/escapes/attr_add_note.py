# expect: compile
# about: notes put on an exception outlive it in the host's report
def tool(state, **kwargs):
    try:
        1 / 0
    except ZeroDivisionError as e:
        e.add_note("x" * 1000)
        return {"escaped": True}
