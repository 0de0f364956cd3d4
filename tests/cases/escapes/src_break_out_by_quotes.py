# expect: compile
# about: a text that closes the docstring of the written module
def tool(state, **kwargs):
    """one""" """
    """ import os
    return {"escaped": True}
