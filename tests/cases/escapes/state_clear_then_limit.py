# expect: limit
# about: a table is cleared before the fuel runs out
# view: tables
def tool(state, **kwargs):
    state.store.clear()
    state.other.update({"x": {"id": "x"}})
    while True:
        pass
