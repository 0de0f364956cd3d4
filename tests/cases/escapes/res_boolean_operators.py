# expect: limit
# about: one expression with a thousand scans and no loop around it
# repeat: SCAN 1_in_l_or_ 1500
# accept: ok compile
def tool(state, **kwargs):
    l = [0] * 1000000
    return {"escaped": False, "v": SCANFalse}
