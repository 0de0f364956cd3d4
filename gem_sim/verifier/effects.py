"""Family `effects`: what a call did to the state against what its tool declares and its task expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gem_sim.canonical import Json, same_json
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.state import Row, changed_rows, changed_tables
from gem_sim.task import Expectation, Task
from gem_sim.verdict import Finding
from gem_sim.verifier.place import place_of

_SHOWN = 5


class Change(NamedTuple):
    """A row that a call changed: as it was and as it is, None where there is no row."""

    table: str
    key: str
    before: Row | None
    after: Row | None


def declared(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each call of a read tool that writes, and each write outside the tables declared."""
    for call in replay.calls:
        if call.before is call.after:
            continue
        tool = replay.tool_of(call)
        if tool is None:
            continue
        allowed = () if tool.effect == "read" else tool.writes
        # Which tables it changed is known at once; which rows has to be looked for.
        if allowed is None or changed_tables(call.before, call.after).issubset(allowed):
            continue
        outside = [change for change in _changes(call) if change.table not in allowed]
        if not outside:
            continue
        if tool.effect == "read":
            code, says = "effects.read_writes", "read"
        else:
            code, says = "effects.undeclared_write", f"write {', '.join(tool.writes or ()) or 'nothing'}"
        message = f"{tool.name!r} is declared to {says}, and changed {_listed(outside)}"
        evidence = _evidence(outside) | {"declared": list(tool.writes or ())}
        yield Finding(code=code, message=message, evidence=evidence, **place_of(call))


def collateral(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each call that changed rows nobody declared, expects, or spoke of.

    A tool that declares its tables answers for them, and `declared` for those outside, so only tools that declare
    none are judged. A row has to do with the call where it shares a value with the arguments, or with another row
    changed that does. What the task's end leaves unmentioned is an error; without such a task it is a warning.
    """
    for call in replay.calls:
        if call.before is call.after:
            continue
        tool = replay.tool_of(call)
        if tool is None or tool.writes is not None or tool.effect == "read":
            continue
        expected = _expectations(replay.task)
        strangers = [change for change in _unrelated(call, list(_changes(call))) if not _mentioned(change, expected)]
        if strangers:
            message = f"{tool.name!r} changed {_listed(strangers)}, which its arguments have nothing to do with"
            message += f" and task {replay.task.id!r} does not mention" if expected and replay.task else ""
            yield Finding(
                code="effects.collateral",
                severity="error" if expected else "warning",
                message=message,
                evidence=_evidence(strangers) | {"arguments": call.placed.call.arguments},
                **place_of(call),
            )


def unexpected(replay: Replay) -> Iterator[Finding]:
    """Yield a warning for each write to a table of the task's end of which that end describes no row.

    A warning and no error: a task says what must hold, not that nothing else may have happened on the way.
    """
    expected = _expectations(replay.task)
    if not expected or replay.task is None:
        return
    tables = {expectation.table for expectation in expected}
    called = {expectation.tool for expectation in replay.task.expect}
    for call in replay.calls:
        if call.before is call.after or call.placed.call.tool in called:
            continue
        if changed_tables(call.before, call.after).isdisjoint(tables):
            continue
        within = [change for change in _changes(call) if change.table in tables]
        if within and not any(_mentioned(change, expected) for change in within):
            message = f"it changed {_listed(within)}, of which the end of task {replay.task.id!r} says nothing"
            evidence = _evidence(within) | {"expected": [str(expectation) for expectation in expected]}
            yield Finding(
                code="effects.unexpected", severity="warning", message=message, evidence=evidence, **place_of(call)
            )


def _changes(call: ReplayedCall) -> Iterator[Change]:
    return (Change(*change) for change in changed_rows(call.before, call.after))


def _expectations(task: Task | None) -> list[Expectation]:
    return [] if task is None else [expectation for expectation in task.expect if expectation.table is not None]


def _mentioned(change: Change, expected: Sequence[Expectation]) -> bool:
    """Tell whether an expectation is about the row, as it was or as it is.

    It is where the ids it names are the row's, or where it names none and all its fields are; a row may take several
    calls to become what is expected.
    """
    rows = [row for row in (change.before, change.after) if row is not None]
    for expectation in expected:
        if expectation.table != change.table:
            continue
        ids = {name: value for name, value in expectation.where.items() if name == "id" or name.endswith("_id")}
        if any(_has(row, ids or expectation.where) for row in rows):
            return True
    return False


def _has(row: Row, where: Mapping[str, Json]) -> bool:
    # Python's comparison is fast, and wrong only where it takes a flag for a number.
    return where.items() <= row.items() and all(same_json(row[name], value) for name, value in where.items())


def _unrelated(call: ReplayedCall, changes: Sequence[Change]) -> list[Change]:
    """Return the rows that share no value with the call's arguments, nor with a changed row that does."""
    known = set(_names(dict(call.executed.arguments)))
    if not known:
        return []
    left = [(change, _names_of(change)) for change in changes]
    while True:
        related = [names for _, names in left if not known.isdisjoint(names)]
        if not related:
            return [change for change, _ in left]
        left = [(change, names) for change, names in left if known.isdisjoint(names)]
        known.update(*related)


def _names_of(change: Change) -> set[str]:
    return {change.key, *_names(change.before), *_names(change.after)}


def _names(value: Json) -> Iterator[str]:
    """Yield the texts in a value that can name something; numbers and flags are shared by chance."""
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)


def _listed(changes: Sequence[Change]) -> str:
    names = [f"{change.table}[{change.key!r}]" for change in changes[:_SHOWN]]
    more = len(changes) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _evidence(changes: Sequence[Change]) -> dict[str, Json]:
    rows: list[Json] = [
        {"table": change.table, "key": change.key, "before": change.before, "after": change.after}
        for change in changes[:_SHOWN]
    ]
    return {"rows": rows, "changed": len(changes)}
