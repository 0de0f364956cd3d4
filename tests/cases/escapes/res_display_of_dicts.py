# expect: limit
# about: one turn makes two thousand dicts
# repeat: ITEM {},{},{},{}, 1000
# accept: compile
def tool(state, **kwargs):
    keep = []
    while True:
        keep.append([ITEM])
