"""Consistency tests of environments: `check_environment`, `state_machine`, and the command `gem-sim check`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gem_sim.testing.check import EnvironmentFailed, Report, check_environment
    from gem_sim.testing.conformance import CONFORMANCE
    from gem_sim.testing.machine import state_machine

# Loaded on first use: the pytest plugin lives here and must cost other people's test runs nothing.
_HOMES = {
    "CONFORMANCE": "conformance",
    "EnvironmentFailed": "check",
    "Report": "check",
    "check_environment": "check",
    "state_machine": "machine",
}

__all__ = ["CONFORMANCE", "EnvironmentFailed", "Report", "check_environment", "state_machine"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'gem_sim.testing' has no attribute {name!r}")
    return getattr(import_module(f"gem_sim.testing.{home}"), name)
