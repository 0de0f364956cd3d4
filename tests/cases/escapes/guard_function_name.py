# expect: compile
# about: a local function named like a guard shadows it
def tool(state, **kwargs):
    def _tick_():
        return True
    while True:
        pass
