# expect: compile
# about: signal.alarm interrupts the host later
# accept: runtime
import signal

def tool(state, **kwargs):
    signal.alarm(1)
    return {"escaped": True}
