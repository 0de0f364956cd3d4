"""Who runs an environment's stubs: a runner in this process, one per thread and environment."""

from __future__ import annotations

from collections.abc import Mapping
from threading import local
from typing import Protocol
from weakref import WeakKeyDictionary

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.sandbox import Code, Limits, Moment, Outcome, Program, Runner


class Executor(Protocol):
    """Runs one call of a stub from a moment, wholly or not at all."""

    def call(self, name: str, arguments: Mapping[str, Json], moment: Moment, limits: Limits) -> Outcome:
        """Run the stub of that name; raises StubError, or LimitError if it hit a limit."""


class _Runners(local):
    def __init__(self) -> None:
        self.known: WeakKeyDictionary[Environment, Executor] = WeakKeyDictionary()


_RUNNERS = _Runners()


def executor_of(environment: Environment) -> Executor:
    """Return what runs the stubs and conditions of an environment, made once per thread."""
    executor = _RUNNERS.known.get(environment)
    if executor is None:
        executor = _RUNNERS.known[environment] = Runner(program_of(environment))
    return executor


def program_of(environment: Environment) -> Program:
    """Return an environment's stubs and conditions with what they may refer to."""
    stubs = {**environment.stubs, **environment.conditions}
    return Program(
        stubs={name: Code(stub.code, stub.function) for name, stub in stubs.items()},
        constants={name: constant.value for name, constant in environment.constants.items()},
        rules={name: rule.text for name, rule in environment.rules.items()},
    )
