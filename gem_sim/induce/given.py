"""A state that is given beside the recordings: which table of it a tool reads, and how it picks its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gem_sim.canonical import Json, parse_json, same_json
from gem_sim.errors import InputError
from gem_sim.induce.facts import Fact
from gem_sim.induce.filters import Filter
from gem_sim.induce.recorded import Dialogue, Seen
from gem_sim.induce.roles import Role, rows_in, rows_of
from gem_sim.induce.shape import Object, Stored, walk

Rows = Mapping[str, Mapping[str, Json]]
State = Mapping[str, Rows]

PLACE = "the given state"


class Owner(NamedTuple):
    """A given table that holds all rows of a table: `field` of its rows is `fact` of the situation; None: no owner."""

    given: str
    field: str | None
    fact: str | None


class Pick(NamedTuple):
    """How a tool picks the one row of a given table that it answers: by arguments, and by facts of the situation."""

    given: str
    by_argument: tuple[Filter, ...]
    by_fact: tuple[tuple[str, str], ...]


def read_state(path: str | Path) -> State:
    """Return the tables of a file: table → key → row.

    Raises:
        InputError: If it cannot be read, or holds something else.
    """
    file = str(path)
    try:
        value = parse_json(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=file) from None
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=file, line=error.lineno, cure="mend the file") from None
    except ValueError as error:
        raise InputError(f"not JSON: {error}", file=file, cure="mend the file") from None
    for table, rows in value.items() if isinstance(value, dict) else [("", None)]:
        wrong = [""] if not isinstance(rows, dict) else [key for key, row in rows.items() if not isinstance(row, dict)]
        if wrong:
            place = " → ".join(part for part in (table, wrong[0]) if part) or "the file"
            raise InputError(f"{place} is no mapping", file=file, cure="write table → key → row, as in state.json")
    return value  # type: ignore[return-value]


def owner_of(role: Role, state: State, dialogues: Sequence[Dialogue]) -> Owner | None:
    """Return the given table that holds the rows a listing tool shows, None where none does for sure."""
    rows = rows_of(role.shape)
    if role.table is None or role.shape is None or rows is None:
        return None
    shown = [row for call in role.shape.calls for row in rows_in(call.answer, rows.name)]
    fields = set.intersection(*(set(row) for row in shown)) if shown else set()
    fitting = [name for name in state if state[name] and all(fields <= set(row) for row in state[name].values())]
    if not fields or not fitting:
        return None
    given = min(fitting, key=lambda name: (len(_fields(state[name]) - fields), name))
    keys = [row[role.table.key] for row in state[given].values()]
    owners = [
        (field, fact)
        for field in sorted(_fields(state[given]) - fields - {"key"})
        for fact in sorted({name for dialogue in dialogues for name in dialogue.situation})
        if _names(state[given], field, fact, dialogues)
    ]
    if owners:
        return Owner(given, *owners[0])
    return Owner(given, None, None) if len({str(key) for key in keys}) == len(keys) else None


def facts_of(owner: Owner, table: str, key: str, state: State) -> Iterator[Fact]:
    """Yield what a given table says of the start."""
    for name, row in state[owner.given].items():
        situation = {owner.fact: str(row[owner.field])} if owner.fact and owner.field else {}
        for field, value in row.items():
            if field != owner.field and (field, value) != ("key", name):
                seen = Seen(PLACE, 0, "", {}, None, False)
                yield Fact(table, (str(row[key]), field), value, seen, situation, False, {})


def _names(rows: Rows, field: str, fact: str, dialogues: Sequence[Dialogue]) -> bool:
    """Tell whether a fact of the situation names the owner of rows: all that dialogues state are owners."""
    owners = {str(row.get(field)) for row in rows.values()}
    stated = {dialogue.situation[fact] for dialogue in dialogues if dialogue.situation.get(fact)}
    return bool(stated) and stated <= owners


def _fields(rows: Rows) -> set[str]:
    return {field for row in rows.values() for field in row}


def pick_of(role: Role, state: State, dialogues: Sequence[Dialogue]) -> Pick | None:
    """Return how a tool that answers one object picks it from a given table; None: nothing explains all answers."""
    node = object_of(role)
    if role.shape is None or node is None:
        return None
    leaves = [name for name, part in node.fields if isinstance(part, Stored)]
    situations = {dialogue.id: dialogue.situation for dialogue in dialogues}
    for given in sorted(state):
        if not set(leaves) <= _fields(state[given]):
            continue
        asked = [(call, _held(call.answer, node), situations[call.dialogue]) for call in role.shape.calls]
        found = _picking(given, state[given], leaves, asked)
        if found is not None:
            return found
    return None


def object_of(role: Role) -> Object | None:
    """Return the one object in a tool's answers that holds values from elsewhere."""
    if role.kind != "lookup" or role.shape is None:
        return None
    nodes = [part for part in walk(role.shape.template) if isinstance(part, Object)]
    nodes = [node for node in nodes if any(isinstance(part, Stored) for _, part in node.fields)]
    return nodes[0] if len(nodes) == 1 else None


def _held(answer: Json, node: Object) -> Mapping[str, Json]:
    names = {name for name, _ in node.fields}
    if isinstance(answer, dict):
        if set(answer) == names:
            return answer
        return next((found for item in answer.values() if (found := _held(item, node))), {})
    return {}


_Asked = tuple[Seen, Mapping[str, Json], Mapping[str, str]]


def _picking(given: str, rows: Rows, leaves: Sequence[str], asked: Sequence[_Asked]) -> Pick | None:
    """Return the conditions that all answers meet, if together they leave each answer one row that it shows."""

    def shows(row: Mapping[str, Json], held: Mapping[str, Json]) -> bool:
        return all(same_json(row.get(leaf), held.get(leaf)) for leaf in leaves)

    answers = [[row for row in rows.values() if shows(row, held)] for _, held, _ in asked]
    fields = sorted(_fields(rows) - {"key"})
    arguments = sorted(set.intersection(*(set(call.arguments) for call, _, _ in asked)))
    facts = sorted(set.intersection(*(set(situation) for _, _, situation in asked)))
    by_argument: list[Filter] = []
    for argument in arguments:
        values = [call.arguments[argument] for call, _, _ in asked]
        tried = (Filter(argument, field, how) for field in fields for how in ("equal", "equal, whatever the case"))
        by_argument += [found for found in tried if _met(answers, values, found.keeps)][:1]
    by_fact: list[tuple[str, str]] = []
    for fact in facts:
        stated: list[Json] = [situation[fact] for _, _, situation in asked]
        by_fact += [(f, fact) for f in fields if _met(answers, stated, Filter(fact, f, "equal").keeps)]
    pick = Pick(given, tuple(by_argument), tuple(by_fact))
    alone = all(
        len(found := [r for r in rows.values() if _picked(pick, r, call, situation)]) == 1 and shows(found[0], held)
        for call, held, situation in asked
    )
    return pick if alone else None


def _met(
    answers: Sequence[Sequence[Mapping[str, Json]]],
    values: Sequence[Json],
    keeps: Callable[[Mapping[str, Json], Json], bool],
) -> bool:
    """Tell whether among the rows that each answer shows there is one that the answer's value keeps."""
    pairs = zip(answers, values, strict=True)
    return all(any(keeps(row, value) for row in rows) for rows, value in pairs)


def _picked(pick: Pick, row: Mapping[str, Json], call: Seen, situation: Mapping[str, str]) -> bool:
    by_argument = all(item.keeps(row, call.arguments[item.argument]) for item in pick.by_argument)
    return by_argument and all(row.get(field) == situation.get(fact) for field, fact in pick.by_fact)
