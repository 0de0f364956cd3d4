# expect: compile
# about: the traceback of a caught exception leads to the host's frames
def tool(state, **kwargs):
    try:
        1 / 0
    except ZeroDivisionError as e:
        return {"escaped": e.__traceback__.tb_frame.f_back is not None}
