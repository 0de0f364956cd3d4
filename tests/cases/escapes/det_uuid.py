# expect: compile
# about: uuid4 draws from the system
# accept: runtime
import uuid

def tool(state, **kwargs):
    return {"escaped": len(str(uuid.uuid4())) == 36}
