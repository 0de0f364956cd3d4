"""Values of foreign Python code as JSON, and the attributes of foreign objects as tables."""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import repeat
from pathlib import PurePath
from typing import Any, NamedTuple, TypeAlias

from pydantic import BaseModel

from gem_sim.canonical import MAX_DEPTH, Json, canonical_bytes, copy_json, same_json
from gem_sim.state import Row, State


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
    if type(key) is str:
        return key
    if isinstance(key, Enum):
        return _key(key.value)
    if isinstance(key, tuple):
        return ",".join(map(_key, key))
    if isinstance(key, str | int | float | bool | date) or key is None:
        return str(key)
    raise ValueError(f"a key of type {type(key).__name__} is not JSON")


def attributes(value: Any) -> dict[str, object] | None:
    """Return the public data of an object by name, None where it keeps none (a function, a module, a number)."""
    kind: Any = type(value)
    names = _field_names(kind)
    if names is not None:
        return {name: getattr(value, name) for name in names}
    if callable(value) or not hasattr(value, "__dict__"):
        return None
    return {name: item for name, item in vars(value).items() if name[0] != "_"}


@lru_cache(maxsize=256)
def _field_names(kind: Any) -> tuple[str, ...] | None:
    """Return the fields that a model or a dataclass declares, None for any other class."""
    if issubclass(kind, BaseModel):
        return tuple(kind.model_fields)
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind) if field.name[0] != "_")
    return None


_SIMPLE = frozenset({str, int, float, bool, type(None), list})
# Table → key → what a row is made of, nothing copied: a mapping or an object is a row, else the row is `{"value": …}`.
Cells: TypeAlias = Mapping[str, Mapping[Any, Any]]


def cells_of(toolkit: object) -> Cells:
    """Return the public attributes of a toolkit as tables.

    An attribute that maps keys to mappings or objects is the table `Class.attribute`; the others are the rows of the
    table `Class`, by name.
    """
    kind = type(toolkit).__name__
    own: dict[str, object] = {}
    cells: dict[str, Mapping[Any, Any]] = {kind: own}
    for name, value in (attributes(toolkit) or {}).items():
        if type(value) not in _SIMPLE and isinstance(value, Mapping) and all(map(_is_row, value.values())):
            cells[f"{kind}.{name}"] = value
        else:
            own[name] = value
    return cells


def _is_row(value: object) -> bool:
    if type(value) is dict:
        return True
    return isinstance(value, Mapping | BaseModel) or (is_dataclass(value) and not isinstance(value, type))


class Print(NamedTuple):
    """The keys of a table and, for each row, bytes that are equal only where it is; None where there are none."""

    keys: tuple[object, ...]
    rows: tuple[bytes | None, ...]


def prints_of(cells: Cells) -> dict[str, Print]:
    """Return the prints of each table."""
    return {name: _print(rows) for name, rows in cells.items()}


def _print(rows: Mapping[Any, Any]) -> Print:
    try:
        return Print(tuple(rows), tuple(map(marshal.dumps, rows.values(), repeat(2))))
    except ValueError:
        return Print(tuple(rows), tuple(map(_bytes, rows.values())))


def _bytes(cell: Any) -> bytes | None:
    try:
        return marshal.dumps(cell, 2)
    except ValueError:
        return None


# Table → key → row, None for a row that is gone.
Changes: TypeAlias = dict[str, dict[str, Row | None]]


def changes_of(cells: Cells, start: State, prints: Mapping[str, Print]) -> Changes:
    """Return in which rows cells differ from a state that was made of cells with these prints.

    Tables that the prints do not name are none of these cells' business.

    Raises:
        ValueError: If a cell cannot be said in JSON; names the table and the row.
    """
    changes: Changes = {}
    for name, rows in cells.items():
        fresh, known = _print(rows), prints.get(name, _NOTHING)
        if fresh != known or None in fresh.rows:
            changed = _changed(name, rows, start.get(name, {}), fresh, known)
            if changed:
                changes[name] = changed
    for name, known in prints.items():
        if name not in cells:
            changes[name] = dict.fromkeys(map(_key, known.keys))
    return changes


_NOTHING = Print((), ())


def _changed(
    name: str, cells: Mapping[Any, object], rows: Mapping[str, Row], fresh: Print, known: Print
) -> dict[str, Row | None]:
    changed: dict[str, Row | None] = {}
    same_keys = fresh.keys == known.keys
    before = known.rows if same_keys else map(dict(zip(known.keys, known.rows, strict=True)).get, fresh.keys)
    for (key, cell), now, old in zip(cells.items(), fresh.rows, before, strict=True):
        if now is None or now != old:
            text = key if type(key) is str else _key(key)
            row = _row(cell, name, text)
            if text not in rows or not same_json(row, rows[text]):
                changed[text] = row
    if not same_keys:
        if len(set(map(_key, cells))) != len(cells):
            raise ValueError(f"{name}: two keys read the same")
        changed.update({_key(key): None for key in known.keys if key not in cells})
    return changed


def _row(cell: object, name: str, key: str) -> Row:
    try:
        row = as_json(cell)
    except ValueError as error:
        raise ValueError(f"{name}.{key}: {error}") from None
    return row if isinstance(row, dict) else {"value": row}
