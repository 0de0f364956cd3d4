"""The planted bugs of `benchmarks/check`, for the tests."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from gem_sim.environment import Environment


@cache
def benchmark() -> ModuleType:
    return import_module("benchmarks.check.measure")


def planted(name: str, folder: Path, *, examples: bool = True) -> Environment:
    """Return a copy of a bundled environment with the bug of that name in it."""
    module = benchmark()
    bug = next(bug for bug in module.BUGS if bug.name == name)
    made: Environment = module.planted(bug, folder, examples=examples)
    return made
