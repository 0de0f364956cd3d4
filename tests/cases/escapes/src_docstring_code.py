# expect: runtime
# about: a docstring full of quotes must not become code in the written module
# accept: ok compile
def tool(state, **kwargs):
    'three quotes: """ and a line: \nimport os\n'
    return {"escaped": False}
