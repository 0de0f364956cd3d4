"""Whether the state at the start holds a value, though nobody has been shown it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.simulator import Replay
from gem_sim.state import Row
from gem_sim.verifier.sources.seen import leaves


def stored_at(replay: Replay, value: str | float) -> str | None:
    """Return table and key of a row at the start that holds exactly this value, as `table/key`; None if none does.

    A run of a host's own code may start from another state each time, so its rows are looked through; an
    environment's are indexed once, and those that the task puts in looked through beside them.
    """
    if replay.environment.opener is not None:
        return _search(replay.start, value)
    changes = {} if replay.task is None else replay.task.state
    put_in = {table: {key: row or {} for key, row in rows.items()} for table, rows in changes.items()}
    return _search(put_in, value) or _values(replay.environment).get(value)


def _search(state: Mapping[str, Mapping[str, Row]], value: str | float) -> str | None:
    for table, rows in state.items():
        for key, row in rows.items():
            if key == value or _names(key, value) or _holds(row, value):
                return f"{table}/{key}"
    return None


def _names(key: str, value: str | float) -> bool:
    """Tell whether a key that is a path, as of a file, has the value as a part."""
    return isinstance(value, str) and "/" in key and value in key and value in key.split("/")


def _holds(row: Json, value: str | float) -> bool:
    """Tell whether a value is a key, a string or a number anywhere in a row; compares at the speed of `in`."""
    pending: list[Json] = [row]
    while pending:
        item = pending.pop()
        children: list[Json] = []
        if isinstance(item, dict):
            if value in item:
                return True
            children = list(item.values())
        elif isinstance(item, list):
            children = item
        if value in children:
            return True
        pending += [child for child in children if isinstance(child, (dict, list))]
    return False


@lru_cache(maxsize=4)
def _values(environment: Environment) -> dict[str | float, str]:
    """Return value → `table/key` over the whole initial state, keys included."""
    found: dict[str | float, str] = {}
    for table, rows in environment.state.items():
        for key, row in rows.items():
            where = f"{table}/{key}"
            for part in (key, *key.split("/")) if "/" in key else (key,):
                found.setdefault(part, where)
            for _, leaf in leaves(dict(row), keys=True):
                found.setdefault(leaf, where)
    return found
