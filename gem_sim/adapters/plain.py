"""Values of foreign Python code as JSON, and the attributes of foreign objects as tables."""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath

from pydantic import BaseModel

from gem_sim.canonical import MAX_DEPTH, Json, canonical_bytes, copy_json, same_json
from gem_sim.state import Row, State, Table


def as_json(value: object) -> Json:
    """Return a foreign value as JSON that shares nothing with it.

    Keys become strings, tuples lists, sets sorted lists, enums their values, dates ISO 8601, decimals strings, and
    models, dataclasses and other objects the mapping of their public attributes. An object within itself is left
    out, so that a tree whose nodes know their parents is a tree.

    Raises:
        ValueError: For what JSON cannot say even so (bytes, NaN, functions, integer and string keys that collide).
    """
    try:
        return copy_json(value)
    except ValueError:
        return copy_json(_plain(value, ()))


def _plain(value: object, within: tuple[int, ...]) -> object:
    if value is None or isinstance(value, str | bool | int | float):
        return _bare(value)
    if isinstance(value, Enum):
        return _plain(value.value, within)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta | Decimal | PurePath):
        return str(value)
    if id(value) in within or len(within) > MAX_DEPTH:
        raise ValueError("a value contains itself")
    within = (*within, id(value))
    if isinstance(value, Mapping):
        return _plain_mapping(value, within)
    if isinstance(value, list | tuple):
        return [_plain(item, within) for item in value]
    if isinstance(value, Set):
        return sorted((_plain(item, within) for item in value), key=canonical_bytes)
    parts = attributes(value)
    if parts is None:
        raise ValueError(f"a value of type {type(value).__name__} is not JSON")
    return {name: _plain(item, within) for name, item in parts.items() if id(item) not in within}


def _bare(value: object) -> object:
    """Return a scalar without its subclass (a string enum, a numpy float)."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return value if type(value) is kind else kind(value)
    return value


def _plain_mapping(value: Mapping[object, object], within: tuple[int, ...]) -> dict[str, object]:
    plain = {_key(key): _plain(item, within) for key, item in value.items()}
    if len(plain) != len(value):
        raise ValueError("two keys of a mapping read the same")
    return plain


def _key(key: object) -> str:
    if isinstance(key, Enum):
        return _key(key.value)
    if isinstance(key, tuple):
        return ",".join(map(_key, key))
    if isinstance(key, str | int | float | bool | date) or key is None:
        return str(key)
    raise ValueError(f"a key of type {type(key).__name__} is not JSON")


def attributes(value: object) -> dict[str, object] | None:
    """Return the public data of an object by name, None where it keeps none (a function, a module, a number)."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value) if not field.name.startswith("_")}
    if callable(value) or not hasattr(value, "__dict__"):
        return None
    return {name: item for name, item in vars(value).items() if not name.startswith("_")}


Cells = dict[str, dict[str, object]]


def cells_of(toolkits: Sequence[object], *, prefix: bool | None = None) -> Cells:
    """Return the public attributes of toolkits as table → key → what a row is made of, nothing copied.

    An attribute that maps keys to mappings or objects is a table of its own; the others are the rows
    `{"value": …}` of a table named after the class. With `prefix` a table's name begins with the class; None does
    so for several toolkits.
    """
    cells: Cells = {}
    prefix = len(toolkits) > 1 if prefix is None else prefix
    for toolkit in toolkits:
        name = type(toolkit).__name__
        own = cells.setdefault(name, {})
        for attribute, value in (attributes(toolkit) or {}).items():
            if isinstance(value, Mapping) and all(_is_row(item) for item in value.values()):
                table = f"{name}.{attribute}" if prefix else attribute
                cells.setdefault(table, {}).update((_key(key), item) for key, item in value.items())
            else:
                own[attribute] = {"value": value}
    return cells


def _is_row(value: object) -> bool:
    return isinstance(value, Mapping | BaseModel) or (is_dataclass(value) and not isinstance(value, type))


def state_of(cells: Cells, start: State | None = None) -> State:
    """Return cells as a State.

    With `start` the State shares with it every row that is the same, so that its digest costs what differs.

    Raises:
        ValueError: If a cell cannot be said in JSON; names the table and the row.
    """
    start = State() if start is None else start
    changes: dict[str, dict[str, Row | None]] = {}
    for name in dict.fromkeys((*start, *cells)):
        changed = _changed(name, cells.get(name, {}), start.get(name, Table({})))
        if changed or name not in start:
            changes[name] = changed
    missing = {name: {} for name in changes if name not in start}
    return State({**start, **missing}).with_changes(changes) if missing else start.with_changes(changes)


def _changed(name: str, cells: Mapping[str, object], table: Table) -> dict[str, Row | None]:
    changed: dict[str, Row | None] = {key: None for key in table if key not in cells}
    for key, cell in cells.items():
        row = table.get(key)
        if row is not None and _identical(cell, row):
            continue
        try:
            made = as_json(cell)
        except ValueError as error:
            raise ValueError(f"{name}.{key}: {error}") from None
        if not isinstance(made, dict):
            raise ValueError(f"{name}.{key}: a row is a mapping of fields")
        if row is None or not same_json(made, row):
            changed[key] = made
    return changed


def _identical(cell: object, row: Row) -> bool:
    """Tell at once whether a cell is the same as a row; False may also mean that it takes a longer look."""
    try:
        return marshal.dumps(cell, 2) == marshal.dumps(row, 2)
    except ValueError:
        return False
