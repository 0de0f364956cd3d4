# expect: compile
# about: pickle runs what a text tells it to
# accept: runtime
import pickle

def tool(state, **kwargs):
    return {"escaped": pickle.loads(b"cos\ngetcwd\n(tR.") is not None}
