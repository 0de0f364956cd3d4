"""Whether the state at the start holds a value, though nobody has been shown it."""

from __future__ import annotations

from functools import lru_cache

from gem_sim.environment import Environment
from gem_sim.task import Task
from gem_sim.verifier.sources.seen import leaves


def stored_at(environment: Environment, task: Task | None, value: str | float) -> str | None:
    """Return table and key of the row that first holds exactly this value, as `table/key`; None if none does."""
    if task is not None:
        for table, rows in task.state.items():
            for key, row in rows.items():
                if key == value or (row is not None and any(leaf == value for _, leaf in leaves(row, keys=True))):
                    return f"{table}/{key}"
    return _values(environment).get(value)


@lru_cache(maxsize=4)
def _values(environment: Environment) -> dict[str | float, str]:
    """Return value → `table/key` over the whole initial state; asked for only where a value has no source."""
    found: dict[str | float, str] = {}
    for table, rows in environment.state.items():
        for key, row in rows.items():
            where = f"{table}/{key}"
            found.setdefault(key, where)
            for _, leaf in leaves(dict(row), keys=True):
                found.setdefault(leaf, where)
    return found
