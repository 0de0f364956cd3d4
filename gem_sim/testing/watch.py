"""What must hold after every call, whatever it was: `ORACLES`, and the watch that collects what they find."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.simulator.schema import complaints
from gem_sim.state import Row, State
from gem_sim.task import Task
from gem_sim.testing.lab import Lab, Made, Taken, is_limit
from gem_sim.testing.probe import body_of
from gem_sim.tool import is_unspecified
from gem_sim.verdict import Finding

_DATES: Final = re.compile(r"(^|_)(date|at|on|until|datetime|timestamp)$")


_NO_ROWS: Final[Mapping[str, Row]] = {}


class Problem(NamedTuple):
    """A finding and the session that shows it; `key` is the same for the same fault found in another way."""

    key: tuple[str, ...]
    finding: Finding
    start: Task | None
    calls: tuple[Made, ...]


class Conventions(NamedTuple):
    """What the initial rows show and no schema says.

    `dates`: fields (table, field) whose values are all ISO dates or times. `references`: (table, field) → the table
    whose keys they are.
    """

    dates: frozenset[tuple[str, str]]
    references: Mapping[tuple[str, str], str]


Oracle: TypeAlias = Callable[[Taken, Environment, Conventions], Iterator[Finding]]


def crashes(taken: Taken, _environment: Environment, _known: Conventions) -> Iterator[Finding]:
    """Yield a finding where the body crashed or hit a limit."""
    if taken.fault is not None:
        code = "check.limit" if is_limit(taken.fault) else "check.crash"
        yield Finding(code=code, tool=taken.made.tool, message=str(taken.fault), evidence={"line": taken.fault.line})


def returns(taken: Taken, environment: Environment, _known: Conventions) -> Iterator[Finding]:
    """Yield a finding where the result breaks the tool's `returns`."""
    schema = environment.tools[taken.made.tool].returns
    if schema is None or not taken.succeeded:
        return
    first = next(complaints(schema, taken.content), None)
    if first is not None:
        message = f"the result breaks `returns`: {first.message}"
        evidence = {"result": taken.content}
        yield Finding(code="check.returns", tool=taken.made.tool, path=first.path, message=message, evidence=evidence)


def effects(taken: Taken, environment: Environment, _known: Conventions) -> Iterator[Finding]:
    """Yield a finding for each table that a read changes, or that a write changes without declaring it."""
    tool = environment.tools[taken.made.tool]
    for table, rows in taken.changes.items():
        evidence: dict[str, Json] = {"table": table, "rows": list[Json](list(rows)[:5])}
        if taken.refusal is not None:
            message = f"the call was refused, yet {table} changed"
            yield Finding(code="check.refused_changes", tool=tool.name, message=message, evidence=evidence)
        elif tool.effect == "read":
            message = f"declared as a read, yet it changed {len(rows)} row(s) of {table}"
            yield Finding(code="check.read_writes", tool=tool.name, message=message, evidence=evidence)
        elif tool.writes is not None and table not in tool.writes:
            message = f"it changed {table}, which is not in its `writes`"
            yield Finding(code="check.undeclared_write", tool=tool.name, message=message, evidence=evidence)


def rows_fit(taken: Taken, environment: Environment, _known: Conventions) -> Iterator[Finding]:
    """Yield a finding for each changed row that breaks its entity's schema or stands under another key."""
    for table, key, row in _put(taken):
        entity = environment.entities.get(table)
        if entity is None:
            continue
        first = next(complaints(entity.row, row), None)
        evidence: dict[str, Json] = {"table": table, "key": key, "row": dict(row)}
        if first is not None:
            message = f"a row of {table} breaks its schema: {first.message}"
            path = f"{table}.{first.path}"
            yield Finding(code="check.row", tool=taken.made.tool, path=path, message=message, evidence=evidence)
        if row.get(entity.key, key) != key:
            message = f"a row of {table} stands under {key!r}, but its {entity.key} is {row[entity.key]!r}"
            yield Finding(code="check.key", tool=taken.made.tool, path=table, message=message, evidence=evidence)


def well_typed(taken: Taken, _environment: Environment, known: Conventions) -> Iterator[Finding]:
    """Yield a finding for each date that is none and each amount in cents that is no integer, in rows and results."""
    for table, key, row in _put(taken):
        for field, value in row.items():
            evidence: dict[str, Json] = {"table": table, "key": key, "value": value}
            place = f"{table}.{field}"
            if (table, field) in known.dates and not _is_moment(value):
                message = f"{place} is {value!r}, where the other rows have ISO dates or times"
                yield Finding(code="check.date", tool=taken.made.tool, path=place, message=message, evidence=evidence)
            if not _is_cents(field, value):
                message = f"{place} is {value!r}, no integer"
                yield Finding(code="check.money", tool=taken.made.tool, path=place, message=message, evidence=evidence)
    dated = {field for _table, field in known.dates}
    for path, field, value in _leaves(taken.content, "$"):
        evidence = {"result": taken.content}
        if field in dated and not _is_moment(value):
            message = f"the result's {field} is {value!r}, where rows have ISO dates or times"
            yield Finding(code="check.date", tool=taken.made.tool, path=path, message=message, evidence=evidence)
        if not _is_cents(field, value):
            message = f"the result's {field} is {value!r}, no integer"
            yield Finding(code="check.money", tool=taken.made.tool, path=path, message=message, evidence=evidence)


def references(taken: Taken, _environment: Environment, known: Conventions) -> Iterator[Finding]:
    """Yield a finding for each changed row that refers to a row that is not there, or that a removal left so."""
    state = taken.after.moment.state
    for table, key, row in _put(taken):
        for field, value in row.items():
            target = known.references.get((table, field))
            if target is None or not isinstance(value, str) or value in state.get(target, {}):
                continue
            if _unchanged(taken, table, key, field, value):
                continue
            message = f"{table}.{field} is {value!r}, which is no key of {target}"
            evidence: dict[str, Json] = {"table": table, "key": key, "row": dict(row)}
            path = f"{table}.{field}"
            yield Finding(code="check.reference", tool=taken.made.tool, path=path, message=message, evidence=evidence)
    for (table, field), target in known.references.items():
        gone = {key for key, row in taken.changes.get(target, {}).items() if row is None}
        left = [key for key, row in state.get(table, {}).items() if row.get(field) in gone] if gone else []
        if left:
            message = f"it removes a row of {target} to which {table}.{field} still refers"
            evidence = {"table": table, "keys": list[Json](left[:5])}
            yield Finding(
                code="check.reference",
                severity="warning",
                tool=taken.made.tool,
                path=f"{table}.{field}",
                message=message,
                evidence=evidence,
            )


def tells(taken: Taken, environment: Environment, _known: Conventions) -> Iterator[Finding]:
    """Yield a finding where a result names a row by its key and gives it another status than the row then has.

    Only fields whose schema lists the values a row may have are compared, and only values from that list: a word of
    the answer itself, such as *success*, speaks of no row.
    """
    if not taken.succeeded:
        return
    for path, told in _objects(taken.content, "$"):
        named = list(_named(told, environment, taken.after.moment.state))
        for field, value in told.items():
            held = [(table, row) for table, row in named if value in _listed(environment, table, field)]
            borne_out = any(field in row and row[field] == value for _table, row in named)
            if held and field in held[0][1] and not borne_out:
                table, row = held[0]
                key = row[environment.entities[table].key]
                message = f"the result gives {table}.{key} the {field} {value!r}, where its row has {row[field]!r}"
                evidence: dict[str, Json] = {"result": taken.content, "table": table, "row": dict(row)}
                place = f"{path}.{field}"
                yield Finding(code="check.told", tool=taken.made.tool, path=place, message=message, evidence=evidence)


def _objects(value: Json, path: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield path and value of every object in a result."""
    if isinstance(value, dict) and not is_unspecified(value):
        yield path, value
        for field, inner in value.items():
            yield from _objects(inner, f"{path}.{field}")
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item, f"{path}[]")


def _named(told: Mapping[str, Json], environment: Environment, state: State) -> Iterator[tuple[str, Row]]:
    """Yield table and row of each row whose key an object holds in the field of the key's name."""
    for table, entity in environment.entities.items():
        key = told.get(entity.key)
        row = state.get(table, _NO_ROWS).get(key) if isinstance(key, str) else None
        if row is not None and entity.key in row:
            yield table, row


def _listed(environment: Environment, table: str, field: str) -> list[Json]:
    """Return the values that an entity's schema lists for a field of its rows, none where it lists none."""
    fields = environment.entities[table].row.get("properties")
    schema = fields.get(field) if isinstance(fields, dict) else None
    listed = schema.get("enum") if isinstance(schema, dict) else None
    return listed if isinstance(listed, list) else []


# Each looks at one call; none depends on what came before but through the state.
ORACLES: tuple[Oracle, ...] = (crashes, returns, effects, rows_fit, well_typed, references, tells)


class Watch:
    """Collects problems over many calls, each kind once, with the session that showed it first."""

    def __init__(self, lab: Lab, known: Conventions) -> None:
        self._lab, self._known = lab, known
        self.problems: dict[tuple[str, ...], Problem] = {}
        # (tool, table) where the tool adds rows to the table: as its body is written, or as was seen.
        self.makers: set[tuple[str, str]] = {
            (name, table)
            for name, tool in lab.environment.tools.items()
            for table in _assigned_tables(body_of(tool, lab.environment))
        }
        self._overwritten: dict[tuple[str, str], Problem] = {}
        # (tool, table) where a call of the tool changed the table.
        self.changed: set[tuple[str, str]] = set()

    def __call__(self, taken: Taken) -> None:
        """Look at a call."""
        for oracle in ORACLES:
            for finding in oracle(taken, self._lab.environment, self._known):
                self._add(finding, taken)
        self._watch_ids(taken)
        self.changed |= {(taken.made.tool, table) for table in taken.changes}

    def finish(self) -> list[Problem]:
        """Return the problems, those that only the whole shows included."""
        for place, problem in self._overwritten.items():
            if place in self.makers:
                self.problems.setdefault(problem.key, problem)
        return list(self.problems.values())

    def _add(self, finding: Finding, taken: Taken) -> None:
        key = _key_of(finding)
        known = self.problems.get(key)
        if known is None or len(known.calls) > taken.node.depth + 1:
            calls = (*taken.node.path(), taken.made)
            self.problems[key] = Problem(key, finding, taken.node.start, calls)

    def _watch_ids(self, taken: Taken) -> None:
        """Note tables that a tool makes rows in, and rows there that it puts another row in the place of."""
        before = taken.node.moment.state
        for table, key, row in _put(taken):
            old = before.get(table, _NO_ROWS).get(key)
            if old is None:
                if key not in taken.made.arguments.values():
                    self.makers.add((taken.made.tool, table))
            elif _another(old, row, self._lab.environment, table) and key not in taken.made.arguments.values():
                message = f"it makes rows of {table}, and put one in the place of {key!r}, which was there"
                evidence: dict[str, Json] = {"table": table, "key": key, "before": dict(old), "after": dict(row)}
                finding = Finding(
                    code="check.id_reused", tool=taken.made.tool, path=table, message=message, evidence=evidence
                )
                calls = (*taken.node.path(), taken.made)
                problem = Problem(_key_of(finding), finding, taken.node.start, calls)
                known = self._overwritten.setdefault((taken.made.tool, table), problem)
                if len(known.calls) > len(calls):
                    self._overwritten[taken.made.tool, table] = problem


@lru_cache(maxsize=1024)
def _assigned_tables(body: str) -> frozenset[str]:
    """Return the tables to which a body assigns a new row: `state.loans[loan_id] = {...}`."""
    found = set()
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for target in node.targets:
                owner = target.value if isinstance(target, ast.Subscript) else None
                if isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name) and owner.value.id == "state":
                    found.add(owner.attr)
    return frozenset(found)


def _key_of(finding: Finding) -> tuple[str, ...]:
    path = re.sub(r"\[\d+\]", "[]", finding.path or "")
    line = finding.evidence.get("line")
    return finding.code, finding.severity, finding.tool or "", path or str(finding.evidence.get("table", "")), str(line)


def conventions(environment: Environment) -> Conventions:
    """Return what the initial rows show about dates and references."""
    keys = {entity.key: table for table, entity in environment.entities.items() if entity.key.endswith("_id")}
    values: dict[tuple[str, str], list[Json]] = {}
    for table in environment.state:
        for row in environment.state[table].rows():
            for field, value in row.items():
                if value is not None:
                    values.setdefault((table, field), []).append(value)
    dates = {place for place, found in values.items() if _DATES.search(place[1]) and all(map(_is_moment, found))}
    targets: dict[tuple[str, str], str] = {}
    for (table, field), found in values.items():
        name = next((key for key in keys if field == key or field.endswith(f"_{key}")), None)
        if name is None or keys[name] == table:
            continue
        rows = environment.state.get(keys[name], _NO_ROWS)
        if all(isinstance(value, str) and value in rows for value in found):
            targets[table, field] = keys[name]
    return Conventions(frozenset(dates), targets)


def _put(taken: Taken) -> Iterator[tuple[str, str, Row]]:
    """Yield table, key and row of every row that a call put in."""
    for table, rows in taken.changes.items():
        for key, row in rows.items():
            if row is not None:
                yield table, key, row


def _leaves(value: Json, path: str) -> Iterator[tuple[str, str, Json]]:
    """Yield path, field name and value of every field of a result that holds no object."""
    if isinstance(value, dict) and not is_unspecified(value):
        for field, inner in value.items():
            if isinstance(inner, dict | list) and not is_unspecified(inner):
                yield from _leaves(inner, f"{path}.{field}")
            else:
                yield f"{path}.{field}", field, inner
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, f"{path}[]")


def _is_moment(value: Json) -> bool:
    """Tell whether a value may stand where dates do: none at all, or an ISO date or time."""
    if value is None or is_unspecified(value):
        return True
    if not isinstance(value, str):
        return False
    for read in (datetime.fromisoformat, time.fromisoformat):
        try:
            read(value)
        except ValueError:
            continue
        return True
    return False


def _is_cents(field: str, value: Json) -> bool:
    if not field.endswith("_cents") or value is None or is_unspecified(value):
        return True
    return isinstance(value, int) and not isinstance(value, bool)


def _unchanged(taken: Taken, table: str, key: str, field: str, value: Json) -> bool:
    old = taken.node.moment.state.get(table, _NO_ROWS).get(key)
    return old is not None and old.get(field) == value


def _another(old: Row, new: Row, environment: Environment, table: str) -> bool:
    """Tell whether a row is about something else than the one before: what it refers to changed."""
    entity = environment.entities.get(table)
    key = entity.key if entity is not None else ""
    named = [field for field in old if field.endswith("_id") and field != key]
    changed = [field for field in named if old[field] is not None and new.get(field) != old[field]]
    if changed:
        return True
    fields = [field for field in old if field != key and old[field] is not None]
    return len(fields) > 2 and all(new.get(field) != old[field] for field in fields)


def initial_problems(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for each initial date, amount or reference that breaks what its neighbours keep to."""
    for table in environment.state:
        columns: dict[str, list[tuple[str, Json]]] = {}
        for key, row in environment.state[table].items():
            for field, value in row.items():
                columns.setdefault(field, []).append((key, value))
        for field, cells in columns.items():
            yield from _column_problems(environment.state, table, field, cells)


def _column_problems(state: State, table: str, field: str, cells: list[tuple[str, Json]]) -> Iterator[Finding]:
    place = f"{table}.{field}"
    for key, value in cells:
        if not _is_cents(field, value):
            message = f"{table}.{key}.{field} is {value!r}, no integer"
            yield Finding(code="check.money", path=place, message=message, evidence={"key": key})
    given = [(key, value) for key, value in cells if value is not None]
    wrong = [(key, value) for key, value in given if not _is_moment(value)]
    if _DATES.search(field) and 0 < len(wrong) < len(given):
        key, value = wrong[0]
        message = (
            f"{table}.{key}.{field} is {value!r}, where {len(given) - len(wrong)} other rows have ISO dates or times"
        )
        yield Finding(code="check.date", path=place, message=message, evidence={"keys": [key for key, _ in wrong[:5]]})
    target = next(
        (name for name in state if name != table and field in (f"{name}_id", f"{name.removesuffix('s')}_id")), None
    )
    if target is None or not state[target]:
        return
    lost = [(key, value) for key, value in given if isinstance(value, str) and value not in state[target]]
    if 0 < len(lost) < len(given) / 2:
        key, value = lost[0]
        message = f"{table}.{key}.{field} is {value!r}, which is no key of {target}, as the others are"
        yield Finding(
            code="check.reference", path=place, message=message, evidence={"keys": [key for key, _ in lost[:5]]}
        )
