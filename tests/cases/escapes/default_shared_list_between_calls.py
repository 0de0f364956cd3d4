# expect: runtime
# about: the default of a lambda is made once; a second call must not find what the first put in
# accept: ok compile
# calls: 2
# state: same
keep = lambda item, into=[]: into.append(item) or into

def tool(state, **kwargs):
    return {"escaped": len(keep(1)) > 1}
