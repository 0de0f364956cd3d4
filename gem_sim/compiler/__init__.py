"""From a Tool to a Stub: readable Python, checked against the dialect."""

from gem_sim.compiler.function import compile_tool
from gem_sim.compiler.module import render_module

__all__ = ["compile_tool", "render_module"]
