# expect: compile
# about: string.Template reads what it is given by name
# accept: runtime
from string import Template

def tool(state, **kwargs):
    return {"escaped": Template("$x").substitute(x=tool) != ""}
