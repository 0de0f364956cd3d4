# expect: compile
# about: a thread outlives the call and its limits
# accept: runtime
import threading

def tool(state, **kwargs):
    threading.Thread(target=lambda: None).start()
    return {"escaped": True}
