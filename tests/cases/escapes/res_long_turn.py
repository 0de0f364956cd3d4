# expect: limit
# about: one turn of a loop runs through three thousand statements
# repeat: STATEMENT n+=m;_ 3000
# accept: compile
def tool(state, **kwargs):
    n, m = 0, 1
    while True:
        STATEMENT
