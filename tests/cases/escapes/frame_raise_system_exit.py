# expect: compile
# about: SystemExit ends the host
def tool(state, **kwargs):
    raise SystemExit(0)
