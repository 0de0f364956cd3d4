"""Who runs an environment's stubs: this process where the environment is trusted, else a worker process of its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock, local
from typing import Final, Protocol
from weakref import WeakKeyDictionary, ref

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import StubError
from gem_sim.sandbox import Calls, Code, Isolated, Limits, Moment, Outcome, Program, Runner

_MOST_WORKERS: Final = 8


class Executor(Protocol):
    """Runs stubs from a moment, each call wholly or not at all."""

    def call(self, name: str, arguments: Mapping[str, Json], moment: Moment, limits: Limits) -> Outcome:
        """Run the stub of that name; raises StubError, or LimitError if it hit a limit."""

    def calls(self, calls: Calls, moment: Moment, limits: Limits) -> tuple[list[Outcome], StubError | None]:
        """Run several in order, up to the first that breaks."""


class _Runners(local):
    def __init__(self) -> None:
        self.known: WeakKeyDictionary[Environment, Runner] = WeakKeyDictionary()


class _Workers:
    """Workers by environment; the one used longest ago is ended when there are too many, and starts again if needed."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Environment, Isolated] = WeakKeyDictionary()
        self._recent: OrderedDict[ref[Isolated], None] = OrderedDict()
        self._lock = Lock()

    def of(self, environment: Environment) -> Isolated:
        with self._lock:
            worker = self._known.get(environment)
            if worker is None:
                worker = self._known[environment] = Isolated(program_of(environment), environment.state)
            self._recent[ref(worker)] = None
            self._recent.move_to_end(ref(worker))
            while len(self._recent) > _MOST_WORKERS:
                oldest = self._recent.popitem(last=False)[0]()
                if oldest is not None:
                    oldest.close()
            return worker


_RUNNERS = _Runners()
_WORKERS = _Workers()


def executor_of(environment: Environment) -> Executor:
    """Return what runs the stubs and conditions of an environment, made when first asked for."""
    if not environment.trusted:
        return _WORKERS.of(environment)
    runner = _RUNNERS.known.get(environment)
    if runner is None:
        runner = _RUNNERS.known[environment] = Runner(program_of(environment))
    return runner


def program_of(environment: Environment) -> Program:
    """Return an environment's stubs and conditions with what they may refer to."""
    stubs = {**environment.stubs, **environment.conditions}
    return Program(
        stubs={name: Code(stub.code, stub.function) for name, stub in stubs.items()},
        constants={name: constant.value for name, constant in environment.constants.items()},
        rules={name: rule.text for name, rule in environment.rules.items()},
    )
