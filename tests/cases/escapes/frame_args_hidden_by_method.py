# expect: runtime
# about: a method of an own exception hides args; the text of the exception is asked for, then it is raised
# accept: compile limit
class Failed(ValueError):
    def args(self):
        while True:
            pass

def tool(state, **kwargs):
    text = f"{[Failed('x')]}"
    raise Failed(text)
