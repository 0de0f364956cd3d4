# expect: compile
# about: mathematical bold letters spell open
def tool(state, **kwargs):
    return {"escaped": 𝐨𝐩𝐞𝐧("/etc/hostname") is not None}
