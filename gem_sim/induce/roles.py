"""What each tool does, as far as its name and its answers say: which rows of which table it reads or writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from gem_sim.canonical import Json
from gem_sim.induce.recorded import Dialogue, Seen
from gem_sim.induce.shape import Argument, Fresh, Object, One, Rows, Shape, Stored, shape_of, walk
from gem_sim.induce.words import identifier, is_id, key_candidates, kind_of_name, noun_of, split_name, table_name

Kind = Literal["list", "get", "lookup", "create", "update", "delete", "other", "unknown"]

# Tables that bodies keep beside those of the recordings.
ANSWERS, REFUSALS, SITUATION, DOUBTS = RESERVED = ("recorded_answers", "recorded_refusals", "situation", "doubts")

WRITES = ("create", "update", "delete", "other")


class Table(NamedTuple):
    """A table: its name, the field that names a row, and the prefix that its tools share."""

    name: str
    key: str
    prefix: str


class Role(NamedTuple):
    """What a tool does.

    `table` None: no table is known to be concerned. `key_argument` names the argument that picks the row, None where
    none does. `shape` None: no successful answer was recorded. `switches` says that what it makes up is an argument
    of the tools of several tables, as a session's token is, so that later answers may be about somebody else.
    """

    tool: str
    kind: Kind
    shape: Shape | None
    table: Table | None = None
    key_argument: str | None = None
    switches: bool = False

    @property
    def writes(self) -> bool:
        """Whether a call may change something."""
        return self.kind in WRITES

    @property
    def may_write(self) -> bool:
        """Whether a call may change something as far as is known: its name does not say that it only reads."""
        return self.writes or kind_of_name(self.tool) != "read"


def roles_of(dialogues: Sequence[Dialogue], tools: Sequence[str]) -> dict[str, Role]:
    """Return tool name → its role, for every tool named."""
    fresh = _fresh_texts(dialogues)
    calls: dict[str, list[Seen]] = {name: [] for name in tools}
    for dialogue in dialogues:
        for call in dialogue.calls:
            calls[call.tool].append(call)
    shapes = {n: shape_of(calls[n], fresh, reads=kind_of_name(n) == "read") for n in tools}
    tables = _tables(shapes)
    switching = {name for name in tools if _switches(name, shapes[name], calls)}
    carried = {field for name in switching for field in fresh_of(shapes[name])}
    # What names somebody for the tools of many tables picks no row of any.
    picking = {where: table for where, table in tables.items() if where[1] not in carried}
    roles = {}
    for name in tools:
        role = _role(name, shapes[name], tables if name in switching else picking, calls[name])
        roles[name] = role._replace(switches=name in switching)
    return roles


def _fresh_texts(dialogues: Sequence[Dialogue]) -> dict[tuple[str, int], frozenset[str]]:
    """Return place of a call → texts its answer is the first to show, and `again <text>` for those made up before."""
    found: dict[tuple[str, int], frozenset[str]] = {}
    for dialogue in dialogues:
        known: set[str] = set()
        shown: set[str] = set()
        for call in dialogue.calls:
            known |= set(_texts(dict(call.arguments)))
            texts = set(_texts(call.answer))
            again = {f"again {text}" for text in texts & shown - set(_texts(dict(call.arguments)))}
            found[call.dialogue, call.number] = frozenset((texts - known) | again)
            if kind_of_name(call.tool) != "read":
                shown |= texts - known
            known |= texts
    return found


def _texts(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _texts(item)]


def _tables(shapes: Mapping[str, Shape | None]) -> dict[tuple[str, str], Table]:
    """Return (prefix, key field) → table: named by rows that are listed, then by ids that are made up."""
    tables: dict[tuple[str, str], Table] = {}
    for name, shape in shapes.items():
        rows = rows_of(shape)
        key = None if shape is None or rows is None else _key_of(shape, rows, name)
        if key is not None and rows is not None:
            prefix = split_name(name)[0]
            noun = rows.name if rows.name and rows.name not in ("results", "items", "rows", "data") else noun_of(name)
            tables.setdefault((prefix, key), Table(table_name(prefix, key, noun), key, prefix))
    for name, shape in shapes.items():
        for made in fresh_of(shape):
            prefix = split_name(name)[0]
            tables.setdefault((prefix, made), Table(table_name(prefix, made, noun_of(name)), made, prefix))
    taken: set[str] = set(RESERVED)
    for where, table in sorted(tables.items()):
        name = table.name
        while name in taken:
            name += f"_by_{identifier(where[1].lower())}" if name == table.name else "_"
        taken.add(name)
        tables[where] = table._replace(name=name)
    return tables


def rows_of(shape: Shape | None) -> Rows | None:
    """Return the one list of rows in a shape, None where there is none or more than one."""
    found = [] if shape is None else [part for part in walk(shape.template) if isinstance(part, Rows)]
    return found[0] if len(found) == 1 else None


def fresh_of(shape: Shape | None) -> list[str]:
    """Return the names of the ids that a tool makes up."""
    return [] if shape is None else [part.name for part in walk(shape.template) if isinstance(part, Fresh)]


def rows_in(answer: Json, name: str) -> list[dict[str, Json]]:
    """Return the rows of an answer: its first list of objects in a field of that name (empty: anywhere at the top)."""
    if isinstance(answer, list):
        return [item for item in answer if isinstance(item, dict)] if not name else []
    for key, value in answer.items() if isinstance(answer, dict) else ():
        if isinstance(value, list) and key == name:
            return [item for item in value if isinstance(item, dict)]
        if isinstance(value, dict) and (found := rows_in(value, name)):
            return found
    return []


def _key_of(shape: Shape, rows: Rows, tool: str) -> str | None:
    lists = [rows_in(call.answer, rows.name) for call in shape.calls]
    every = [row for listed in lists for row in listed]
    if not every:
        return None
    fields = set.intersection(*(set(row) for row in every))
    noun = rows.name or noun_of(tool)
    for field in key_candidates(fields, noun):
        values = [[row[field] for row in listed] for listed in lists]
        texts = all(isinstance(value, str | int) and value != "" for listed in values for value in listed)
        if texts and all(len(set(listed)) == len(listed) for listed in values):
            return field
    return None


def _role(name: str, shape: Shape | None, tables: Mapping[tuple[str, str], Table], calls: Sequence[Seen]) -> Role:
    prefix, kind = split_name(name)[0], kind_of_name(name)
    always = set.intersection(*(set(call.arguments) for call in calls)) if calls else set()
    keyed = {argument: tables[prefix, argument] for argument in sorted(always) if (prefix, argument) in tables}
    if shape is None:
        return Role(name, "unknown", None)
    rows = rows_of(shape)
    made = fresh_of(shape)
    if made and kind != "read":
        return Role(name, "create", shape, tables[prefix, made[0]])
    if kind in ("update", "delete", "create") or (kind is None and not _says_something(shape)):
        own = _own(keyed, name)
        writes: Kind = "update" if kind in (None, "create") and own else kind or "other"  # type: ignore[assignment]
        if own is None:
            return Role(name, "other", shape)
        return Role(name, writes, shape, keyed[own], own)
    if rows is not None:
        key = _key_of(shape, rows, name)
        table = tables.get((prefix, key)) if key is not None else None
        # Values beside the rows are known for the very question only.
        table = None if any(isinstance(part, Stored) for part in walk(shape.template)) else table
        return Role(name, "list" if table else "lookup", shape, table)
    found = _got(name, shape, keyed, always)
    return found or Role(name, "lookup", shape)


def _own(keyed: Mapping[str, Table], tool: str) -> str | None:
    """Return the argument that picks the row a tool changes: that of the table its name says, else the only one."""
    nouns = set(split_name(tool)[1])
    named = [a for a, table in keyed.items() if nouns & {part.rstrip("s") for part in table.name.split("_")}]
    if named:
        return named[0]
    return next(iter(keyed)) if len(keyed) == 1 else None


def _got(name: str, shape: Shape, keyed: Mapping[str, Table], always: set[str]) -> Role | None:
    ids = [argument for argument in sorted(always) if argument in keyed or is_id(argument)]
    for argument in ids:
        node = object_with(shape, argument)
        if node is not None:
            prefix = split_name(name)[0]
            table = keyed.get(argument) or Table(table_name(prefix, argument, noun_of(name)), argument, prefix)
            return Role(name, "get", shape, table, argument)
    return None


def object_with(shape: Shape, argument: str) -> Object | None:
    """Return the object of a template that repeats an argument in the field of the same name."""
    for part in walk(shape.template):
        if isinstance(part, Object) and (argument, Argument(argument)) in part.fields:
            return part
    return None


def _says_something(shape: Shape) -> bool:
    """Tell whether an answer holds more than constants and its own arguments."""
    return any(isinstance(part, Stored | Rows | One) for part in walk(shape.template))


def _switches(name: str, shape: Shape | None, calls: Mapping[str, Sequence[Seen]]) -> bool:
    """Tell whether a tool makes up what the tools of several nouns are given."""
    if kind_of_name(name) == "read":
        return False
    made = set(fresh_of(shape))
    users = {other for other, seen in calls.items() if any(set(call.arguments) & made for call in seen)}
    return len({noun_of(other).rstrip("s") for other in users}) > 2
