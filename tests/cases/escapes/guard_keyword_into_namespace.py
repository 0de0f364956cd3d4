# expect: runtime
# about: a guard's name as a key of ** in a call of a function with **rest
# accept: compile ok
def tool(state, **kwargs):
    def f(**rest):
        total = 0
        for i in range(3):
            total += i
        return total
    return {"escaped": f(**{"_tick_": 1, "_operate_": 2, "__builtins__": 3}) != 3}
