# expect: limit
# about: a tuple nested a hundred thousand deep is hashed: recursion in C without a check
# accept: runtime
# stops: clock
def tool(state, **kwargs):
    t = ()
    for _ in range(100000):
        t = ((((((((t,),),),),),),),)
    return {"escaped": len({t}) == 1}
