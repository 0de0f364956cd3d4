# expect: compile
# about: two thousand elif branches nest in the tree
# repeat: BRANCH elif_x_==_1:_pass\n____ 2000
# accept: ok
def tool(state, **kwargs):
    x = 2
    if x == 0: pass
    BRANCHelse: pass
    return {"escaped": False}
