# expect: compile
# about: a long finally is written out for each of two thousand returns
# repeat: RETURN if_x:return_x\n________ 1500
# repeat: LINE x=x;_ 3000
# accept: ok
def tool(state, **kwargs):
    x = 0
    try:
        RETURNx = 0
    finally:
        LINE
    return {"escaped": False}
