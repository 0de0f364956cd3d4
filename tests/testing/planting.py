"""The planted bugs of `benchmarks/check`, for the tests."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

from gem_sim.environment import Environment
from tests.conftest import ROOT


@cache
def benchmark() -> ModuleType:
    path = ROOT / "benchmarks" / "check" / "measure.py"
    spec = importlib.util.spec_from_file_location("benchmark_check", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def planted(name: str, folder: Path, *, examples: bool = True) -> Environment:
    """Return a copy of a bundled environment with the bug of that name in it."""
    module = benchmark()
    bug = next(bug for bug in module.BUGS if bug.name == name)
    made: Environment = module.planted(bug, folder, examples=examples)
    return made
