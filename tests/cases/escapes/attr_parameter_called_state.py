# expect: compile
# about: any attribute that is the name of a table may follow `state`, and a local parameter may be called so
# tables: gi_frame f_back f_globals
# accept: runtime
def tool(state, **kwargs):
    def frame(state):
        return state.gi_frame
    def back(state):
        return state.f_back
    def spaces(state):
        return state.f_globals
    g = (spaces(frame(g)) for _ in [1])
    return {"escaped": "_tick_" in list(g)[0]}
