# expect: runtime
# about: the list of rows is edited, the table must keep its rows
# view: tables
# accept: ok
def tool(state, **kwargs):
    state.store.values().clear()
    state.store.items().append(("x", {"id": "x"}))
    return {"escaped": len(state.store) != 1}
