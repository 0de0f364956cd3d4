# expect: compile
# about: a ligature spells gi_frame's relative after normalisation
def tool(state, **kwargs):
    return {"escaped": (x for x in [1]).gi_ﬀ is not None}
