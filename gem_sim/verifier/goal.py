"""Family `goal`: the end against what the task expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import compress, islice, repeat
from operator import eq

from gem_sim.canonical import Json, identical_json, same_json, show
from gem_sim.simulator import Replay
from gem_sim.state import Row, State, changed_rows
from gem_sim.task import Expectation, Task
from gem_sim.verdict import Finding

_ABSENT = object()
# What Python takes for equal to one of these is the same JSON value.
_EXACT = (str, type(None))


def unmet(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each expectation of the task that does not hold at the end."""
    if replay.task is None:
        return
    for expectation in replay.task.expect:
        met = _called(expectation, replay) if expectation.tool is not None else holds_in(expectation, replay.end)
        if not met:
            yield Finding(
                code="goal.unmet",
                tool=expectation.tool,
                message=f"task {replay.task.id!r} expects at the end {expectation}; {_found(expectation, replay)}",
                evidence={
                    "expected": expectation.model_dump(mode="json", exclude_defaults=True),
                    "closest": _closest(expectation, replay.end),
                },
            )


def end(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each row in which the end is not the one that the task describes."""
    if replay.task is None or replay.task.end is None:
        return
    expected = {(table, key): row for table, rows in replay.task.end.items() for key, row in rows.items()}
    for table, key, start, found in changed_rows(replay.start, replay.end):
        wanted = expected.pop((table, key), start)
        if not (identical_json(wanted, found) or same_json(wanted, found)):
            yield _unexpected(replay.task, table, key, start, wanted, found)
    # What is left did not change.
    for (table, key), wanted in expected.items():
        start = replay.start[table].get(key) if table in replay.start else None
        if not same_json(wanted, start):
            yield _unexpected(replay.task, table, key, start, wanted, start)


def _unexpected(task: Task, table: str, key: str, start: Row | None, wanted: Row | None, found: Row | None) -> Finding:
    return Finding(
        code="goal.unmet",
        path=f"{table}.{key}",
        message=f"task {task.id!r} expects {_row(wanted)} at the end; there is {_row(found)}",
        evidence={"table": table, "key": key, "expected": wanted, "found": found, "start": start},
    )


def _row(row: Row | None) -> str:
    return "no such row" if row is None else show(row)


def vacuous(replay: Replay) -> Iterator[Finding]:
    """Yield an undecided finding where all that the task expects holds before the first call."""
    if replay.task is not None and is_vacuous(replay.task, replay.start):
        yield Finding(
            code="goal.vacuous",
            severity="undecided",
            message=f"all that task {replay.task.id!r} expects holds at the start; doing nothing meets it",
            evidence={"expected": [e.model_dump(mode="json", exclude_defaults=True) for e in replay.task.expect]},
        )


def unknown_task(replay: Replay) -> Iterator[Finding]:
    """Yield an undecided finding where the trajectory names a task that the environment lacks."""
    name = replay.trajectory.task
    if name is not None and replay.task is None:
        yield Finding(
            code="goal.unknown_task",
            severity="undecided",
            message=f"the environment {replay.environment.name!r} has no task {name!r}, so no end can be checked",
            evidence={"task": name, "tasks": list(replay.environment.tasks)[:20]},
        )


def nothing(replay: Replay) -> Iterator[Finding]:
    """Yield an undecided finding where nothing was replayed: no call, and no task that says what the end should be."""
    if not replay.calls and replay.task is None:
        yield Finding(
            code="goal.nothing",
            severity="undecided",
            message="the trajectory makes no call and no task says what its end should be, so nothing was replayed",
            evidence={"messages": len(replay.trajectory.messages)},
        )


def is_vacuous(task: Task, start: State) -> bool:
    """Tell whether a task expects something, and all of it holds before the first call."""
    return bool(task.expect) and not task.end and all(e.tool is None and holds_in(e, start) for e in task.expect)


def holds_in(expectation: Expectation, state: State) -> bool:
    """Tell whether a state has the rows that an expectation about a table asks for."""
    number = _count(expectation, state)
    return number > 0 if expectation.count is None else number == expectation.count


def _count(expectation: Expectation, state: State) -> int:
    table = state.table(expectation.table or "")
    rows = [] if table is None else table.rows()
    where = expectation.where
    # Every row of the table is compared by the first field, so that is left to `map`; few rows are left for the others.
    for name, value in islice(where.items(), 1):
        found = map(dict.get, rows, repeat(name), repeat(_ABSENT))
        rows = list(compress(rows, map(eq, found, repeat(value))))
    rows = [row for row in rows if where.items() <= row.items()]
    inexact = [name for name, value in where.items() if type(value) not in _EXACT] if rows else ()
    for name in inexact:
        rows = [row for row in rows if same_json(row[name], where[name])]
    return len(rows)


def _has(row: Row, name: str, value: Json) -> bool:
    # Python's comparison is fast, and wrong only where it takes a flag for a number.
    return name in row and row[name] == value and same_json(row[name], value)


def matching(row: Row, where: Mapping[str, Json]) -> int:
    """Return how many fields of `where` a row has with the same value."""
    return sum(_has(row, name, value) for name, value in where.items())


def _called(expectation: Expectation, replay: Replay) -> bool:
    return any(
        call.succeeded
        and call.placed.call.tool == expectation.tool
        and matching(call.placed.call.arguments, expectation.arguments) == len(expectation.arguments)
        for call in replay.calls
    )


def _found(expectation: Expectation, replay: Replay) -> str:
    if expectation.tool is not None:
        number = sum(call.placed.call.tool == expectation.tool for call in replay.calls)
        return f"{number} call(s) of it, none like that" if number else "it was never called"
    number = _count(expectation, replay.end)
    if number or expectation.count == 0:
        return f"there are {number}"
    nearest = next(iter(_closest(expectation, replay.end)), None)
    if not isinstance(nearest, dict) or 2 * matching(nearest, expectation.where) <= len(expectation.where):
        return f"none of its {len(replay.end.get(expectation.table or '', ()))} rows is like that"
    others = [
        f"{name} = {show(nearest.get(name), 40)}"
        for name in expectation.where
        if not _has(nearest, name, expectation.where[name])
    ]
    return f"there is none; the row that comes nearest has {', '.join(others)}"


def _closest(expectation: Expectation, state: State) -> list[Json]:
    """Return up to three rows that match most fields of the expectation."""
    rows = list(state.get(expectation.table or "", {}).values())
    rows.sort(key=lambda row: -matching(row, expectation.where))
    return [dict(row) for row in rows[:3] if matching(row, expectation.where)]
