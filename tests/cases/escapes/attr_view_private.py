# expect: compile
# about: the private slots of the table view reach the shared rows
# view: tables
def tool(state, **kwargs):
    state.store._table["s"] = {"id": "s", "log": ["hidden"]}
    return {"escaped": True}
