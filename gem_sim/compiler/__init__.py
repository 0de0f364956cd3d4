"""From a Tool to a Stub: readable Python, checked against the dialect."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gem_sim.compiler.function import compile_tool
    from gem_sim.compiler.module import render_module

# Loaded on first use: what runs stubs needs the dialect's tables, and none of what compiles them.
_HOMES = {"compile_tool": "function", "render_module": "module"}

__all__ = ["compile_tool", "render_module"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'gem_sim.compiler' has no attribute {name!r}")
    return getattr(import_module(f"gem_sim.compiler.{home}"), name)
