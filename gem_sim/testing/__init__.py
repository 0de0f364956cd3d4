"""Tests of environments (`check_environment`, `state_machine`) and of the checks themselves (`mutants_of`)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gem_sim.testing.check import EnvironmentFailed, Report, check_environment
    from gem_sim.testing.conformance import CONFORMANCE
    from gem_sim.testing.kills import Judgement, Tally, judgements
    from gem_sim.testing.machine import state_machine
    from gem_sim.testing.mutate import KINDS, MUTATIONS, mutants_of
    from gem_sim.testing.scene import Mutant, Planted

# Loaded on first use: the pytest plugin lives here and must cost other people's test runs nothing.
_HOMES = {
    "CONFORMANCE": "conformance",
    "KINDS": "mutate",
    "MUTATIONS": "mutate",
    "EnvironmentFailed": "check",
    "Judgement": "kills",
    "Mutant": "scene",
    "Planted": "scene",
    "Report": "check",
    "Tally": "kills",
    "check_environment": "check",
    "judgements": "kills",
    "mutants_of": "mutate",
    "state_machine": "machine",
}

__all__ = [
    "CONFORMANCE",
    "KINDS",
    "MUTATIONS",
    "EnvironmentFailed",
    "Judgement",
    "Mutant",
    "Planted",
    "Report",
    "Tally",
    "check_environment",
    "judgements",
    "mutants_of",
    "state_machine",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'gem_sim.testing' has no attribute {name!r}")
    return getattr(import_module(f"gem_sim.testing.{home}"), name)
