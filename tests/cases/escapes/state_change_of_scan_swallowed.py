# expect: runtime
# about: a change of a row that a scan showed is first refused inside the sandbox; finally hides that
# view: tables
# accept: ok
def tool(state, **kwargs):
    for row in state.store.values():
        try:
            try:
                row["seen"] = True
            finally:
                {}["x"]
        except KeyError:
            pass
    return {"escaped": "seen" not in state.store["s"]}
