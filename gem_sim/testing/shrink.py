"""From a session that shows a problem to the shortest one we find that still does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gem_sim.canonical import Json
from gem_sim.task import Task
from gem_sim.testing.budget import Budget
from gem_sim.testing.lab import Lab, Made
from gem_sim.testing.watch import Conventions, Problem, Watch

_RUNS: Final = 300
_SECONDS: Final = 4.0


def shrink(problem: Problem, lab: Lab, known: Conventions) -> Problem:
    """Return the problem with fewer calls, fewer arguments and simpler values, as long as the same fault shows."""
    return _Shrinker(problem, lab, known).run()


class _Shrinker:
    def __init__(self, problem: Problem, lab: Lab, known: Conventions) -> None:
        self.best, self.lab, self.known = problem, lab, known
        self.runs = 0
        self.budget = Budget(_SECONDS)

    def run(self) -> Problem:
        if not self._try(self.best.start, self.best.calls):
            return self.best
        while any(self._try(start, calls) for start, calls in self._simpler()):
            pass
        return self.best

    def _try(self, start: Task | None, calls: tuple[Made, ...]) -> bool:
        """Take over a session if it shows the same fault; its finding is the one of the shorter session."""
        if self.runs >= _RUNS or self.budget.spent():
            return False
        self.runs += 1
        watch = Watch(self.lab, self.known)
        for taken in self.lab.run(start, calls, plain=True):
            watch(taken)
        found = next((problem for problem in watch.finish() if problem.key == self.best.key), None)
        if found is None:
            return False
        self.best = found
        return True

    def _simpler(self) -> Iterator[tuple[Task | None, tuple[Made, ...]]]:
        start, calls = self.best.start, self.best.calls
        if start is not None:
            yield None, calls
            for table in start.state:
                fewer = {name: rows for name, rows in start.state.items() if name != table}
                yield start.model_copy(update={"state": fewer}), calls
        size = len(calls) // 2
        while size >= 1:
            for first in range(0, len(calls), size):
                yield start, calls[:first] + calls[first + size :]
            size //= 2
        for index, made in enumerate(calls):
            for arguments in _simpler_arguments(dict(made.arguments)):
                yield start, (*calls[:index], Made(made.tool, arguments), *calls[index + 1 :])


def _simpler_arguments(arguments: dict[str, Json]) -> Iterator[dict[str, Json]]:
    for name, value in arguments.items():
        yield {other: kept for other, kept in arguments.items() if other != name}
        for simpler in _simpler_values(value):
            yield {**arguments, name: simpler}


def _simpler_values(value: Json) -> Iterator[Json]:
    """Yield what counts as simpler than a value; following it never goes round in circles."""
    if value is True:
        yield False
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        yield from (small for small in (0, 1, int(value)) if abs(small) < abs(value))
    elif isinstance(value, str):
        yield from (short for short in ("", "a", value[: len(value) // 2]) if len(short) < len(value))
    elif isinstance(value, list):
        yield from (value[:index] + value[index + 1 :] for index in range(len(value)))
    elif isinstance(value, dict):
        yield from ({k: v for k, v in value.items() if k != name} for name in value)
