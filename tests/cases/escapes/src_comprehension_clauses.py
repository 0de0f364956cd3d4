# expect: compile
# about: three hundred clauses in one comprehension
# repeat: CLAUSE _for_x_in_[1] 300
# accept: ok runtime limit
def tool(state, **kwargs):
    x = [1CLAUSE]
    return {"escaped": False, "x": x}
