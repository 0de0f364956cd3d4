"""State: immutable tables of rows that share what did not change, each with a digest.

A table is a shared base plus the rows that differ from it, so a snapshot costs nothing, a change costs what it
changes, and a digest is brought up to date from the changed rows alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import compress
from math import isqrt
from operator import is_not
from typing import Any, Final, NoReturn, TypeAlias

from gem_sim.canonical import Json, canonical_bytes, copy_json, same_json

Row: TypeAlias = dict[str, Json]

_MODULUS = 1 << 256
_SMALL = 64


class SharedValueChanged(BaseException):
    """Somebody tried to change a value that states share; no `Exception`, so that a stub cannot catch it."""


def _refuse(*_arguments: object, **_named: object) -> NoReturn:
    raise SharedValueChanged


class SharedDict(dict[str, Any]):
    """A mapping that states share: reads as a dict, refuses every change. `flat`: it holds no mapping or list."""

    __slots__ = ("flat",)
    flat: bool

    __setitem__ = __delitem__ = __ior__ = update = pop = popitem = setdefault = clear = _refuse

    def __reduce__(self) -> tuple[object, ...]:
        return share, (dict(self),)


class SharedList(list[Any]):
    """A list that states share: reads as a list, refuses every change."""

    __slots__ = ()

    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = extend = insert = _refuse
    remove = pop = clear = sort = reverse = _refuse

    def __reduce__(self) -> tuple[object, ...]:
        return share, (list(self),)


def share(value: Any) -> Any:
    """Return a JSON value as one that states can share; what is shared already is returned as it is."""
    kind = type(value)
    if kind is dict:
        shared = SharedDict({key: share(item) if type(item) in _NESTED else item for key, item in value.items()})
        shared.flat = not any(type(item) in _SHARED for item in shared.values())
        return shared
    if kind is list:
        return SharedList(map(share, value))
    return value


def shared_row(row: Mapping[str, Any]) -> Row:
    """Return a strict copy of a row that states can share.

    Raises:
        ValueError: If it holds what is no JSON value.
    """
    kinds = set(map(type, row.values()))
    if kinds <= _SCALAR and set(map(type, row)) <= _STRING and (kinds <= _SIMPLE or _ordinary(row)):
        shared = SharedDict(row)
        shared.flat = True
        return shared
    copied: Row = share(copy_json(row))
    return copied


def _ordinary(row: Mapping[str, Any]) -> bool:
    """Tell whether the numbers of a flat row are finite and not large."""
    for item in row.values():
        kind = type(item)
        if (kind is int or kind is float) and not -_LARGE < item < _LARGE:
            return False
    return True


def plain(value: Any) -> Any:
    """Return a copy of a shared value that its owner may change; other values are returned as they are."""
    kind = type(value)
    if kind is SharedDict:
        if value.flat:
            return dict(value)
        return {key: plain(item) if type(item) in _SHARED else item for key, item in value.items()}
    if kind is SharedList:
        return [plain(item) for item in value]
    return value


_NESTED: Final = (dict, list)
_SHARED: Final = (SharedDict, SharedList)
# Floats may be infinite and integers huge, so rows with numbers are looked at value by value.
_SIMPLE: Final = frozenset((str, bool, type(None)))
_SCALAR: Final = _SIMPLE | {int, float}
_LARGE: Final = 1 << 62
_STRING: Final = frozenset((str,))
_GONE: Final[Row] = {}


class _Base:
    """Rows that are never changed, shared by all tables that grew from them; their digests are worked out once."""

    __slots__ = ("_sum", "_weights", "rows")

    def __init__(self, rows: dict[str, Row], total: int | None = None) -> None:
        self.rows = rows
        self._sum = total
        self._weights: dict[str, int] = {}

    def weight(self, key: str) -> int:
        """Return the digest of a row as an integer, 0 for no row; kept for those that changes were compared with."""
        weight = self._weights.get(key)
        if weight is None:
            weight = self._weights[key] = _weight(key, self.rows.get(key))
        return weight

    @property
    def sum(self) -> int:
        if self._sum is None:
            self._sum = sum(_weight(key, row) for key, row in self.rows.items()) % _MODULUS
        return self._sum


class Table(Mapping[str, Row]):
    """Rows by key. Iterates in order of first insertion; rows must not be mutated.

    Where a removed key that comes back stands in the order is fixed by the calls made, and by nothing else.
    """

    __slots__ = ("_base", "_changes", "_length", "_sum", "_text")

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self._base = _Base({key: share(row) for key, row in rows.items()})
        self._changes: dict[str, Row] = {}
        self._length = len(self._base.rows)
        self._sum: int | None = None
        self._text: str | None = None

    def __getitem__(self, key: str) -> Row:
        row = self._changes.get(key)
        if row is None:
            return self._base.rows[key]
        if row is _GONE:
            raise KeyError(key)
        return row

    def get(self, key: str, default: Any = None) -> Any:
        """Return the row of that key, else `default`."""
        row = self._changes.get(key)
        if row is None:
            return self._base.rows.get(key, default)
        return default if row is _GONE else row

    def __contains__(self, key: object) -> bool:
        row = self._changes.get(key)  # type: ignore[call-overload]
        return key in self._base.rows if row is None else row is not _GONE

    def __iter__(self) -> Iterator[str]:
        if not self._changes:
            return iter(self._base.rows)
        return self._merged()

    def _merged(self) -> Iterator[str]:
        changes = self._changes
        for key in self._base.rows:
            if changes.get(key) is not _GONE:
                yield key
        for key, row in changes.items():
            if key not in self._base.rows and row is not _GONE:
                yield key

    def __len__(self) -> int:
        return self._length

    def rows(self) -> list[Row]:
        """Return the rows in order, as they are shared."""
        base, changes = self._base.rows, self._changes
        if not changes:
            return list(base.values())
        merged = base | changes
        # With as many rows as the table has, none of them is gone.
        if len(merged) == self._length:
            return list(merged.values())
        return [row for row in merged.values() if row is not _GONE]

    def with_changes(self, changes: Mapping[str, Row | None]) -> Table:
        """Return a table with these rows put in; None removes a row. Costs the changes, not the table."""
        table = Table.__new__(Table)
        table._base = self._base
        table._changes = dict(self._changes)
        table._length = self._length
        table._sum = table._text = None
        for key, row in changes.items():
            table._length += (row is not None) - (key in table)
            table._changes[key] = _GONE if row is None else share(row)
        # Copying the changes at every step would grow with their number; folding them in keeps both costs low. What
        # an empty table is filled with is compared with later.
        first = not self._base.rows and not self._changes
        if first or len(table._changes) > _SMALL + 4 * isqrt(len(table._base.rows)):
            known = None if table._base._sum is None else table.digest_sum
            table._base = _Base({key: table[key] for key in table}, known)
            table._changes = {}
        return table

    @property
    def digest_sum(self) -> int:
        """The sum of the row digests modulo 2**256: independent of order, updated from changed rows."""
        if self._sum is None:
            base = self._base
            total = base.sum
            for key, row in self._changes.items():
                total += (0 if row is _GONE else _weight(key, row)) - base.weight(key)
            self._sum = total % _MODULUS
        return self._sum

    @property
    def digest_text(self) -> str:
        """`digest_sum` as 64 hexadecimal digits."""
        if self._text is None:
            self._text = f"{self.digest_sum:064x}"
        return self._text


_EMPTY: Final = Table({})


class State(Mapping[str, Table]):
    """Tables by name; immutable. Equal states have equal digests, whatever way they came about."""

    __slots__ = ("__weakref__", "_digest", "_tables")

    def __init__(self, tables: Mapping[str, Mapping[str, Row]] | None = None) -> None:
        self._tables: dict[str, Table] = {
            name: rows if isinstance(rows, Table) else Table(rows) for name, rows in (tables or {}).items()
        }
        self._digest: str | None = None

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def __contains__(self, name: object) -> bool:
        return name in self._tables

    def table(self, name: str) -> Table | None:
        """Return a table, None where there is none; quicker than `get`."""
        return self._tables.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}: {len(table)}" for name, table in self._tables.items())
        return f"State({sizes})"

    def with_changes(self, changes: Mapping[str, Mapping[str, Row | None]]) -> State:
        """Return a state with these rows put in (table → key → row); None removes a row."""
        if not any(changes.values()):
            return self
        state = State.__new__(State)
        state._tables = dict(self._tables)
        state._digest = None
        for name, rows in changes.items():
            if rows:
                state._tables[name] = state._tables.get(name, _EMPTY).with_changes(rows)
        return state

    def known_changes(self, before: State) -> Mapping[str, Mapping[str, Row | None]] | None:  # noqa: ARG002
        """Return in which rows this state differs from another, where that is known without looking; else None."""
        return None

    @property
    def digest(self) -> str:
        """SHA-256 over the tables' names and digests, as 64 hexadecimal digits; empty tables do not count."""
        if self._digest is None:
            tables = sorted(self._tables.items())
            sums = [[name, table._text or table.digest_text] for name, table in tables if table._length]
            self._digest = hashlib.sha256(_ENCODE(sums).encode()).hexdigest()
        return self._digest

    def to_json(self) -> dict[str, Json]:
        """Return a deep copy as plain JSON: table → key → row."""
        return {name: {key: copy_json(row) for key, row in table.items()} for name, table in self.items()}


def changed_rows(before: State, after: State) -> Iterator[tuple[str, str, Row | None, Row | None]]:
    """Yield (table, key, old row, new row) for every row that differs; None where there is no row."""
    known = after.known_changes(before)
    if known is not None:
        for name, rows in known.items():
            table = before.get(name, _EMPTY)
            yield from ((name, key, table.get(key), row) for key, row in rows.items())
        return
    for name in _replaced(before, after):
        old, new = before._tables.get(name, _EMPTY), after._tables.get(name, _EMPTY)
        for key in _touched(old, new):
            left, right = old.get(key), new.get(key)
            # Python's comparison is fast, and wrong only where it takes a flag for a number.
            if left is not right and (left != right or not same_json(left, right)):
                yield name, key, left, right


def changed_tables(before: State, after: State) -> set[str]:
    """Return the names of the tables in which rows may differ; those of all others are the same."""
    known = after.known_changes(before)
    if known is not None:
        return set(known)
    return set(_replaced(before, after))


def _replaced(before: State, after: State) -> Iterator[str]:
    """Return the names of the tables that are not the same object in both states, those of the first state first."""
    tables, later = before._tables, after._tables
    # States that grew from one another have their tables in the same order, which is looked at in one go.
    if list(tables) == list(later):
        return compress(tables, map(is_not, tables.values(), later.values()))
    names = dict.fromkeys((*tables, *later))
    return (name for name in names if tables.get(name, _EMPTY) is not later.get(name, _EMPTY))


def _touched(old: Table, new: Table) -> Iterator[str]:
    """Yield the keys that may differ, in the new table's order, then those that are gone."""
    if old._base is new._base:
        yield from dict.fromkeys((*new._changes, *old._changes))
        return
    yield from new
    yield from (key for key in old if key not in new)


_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def _weight(key: str, row: Row | None) -> int:
    """Return the digest of one row as an integer, 0 for no row."""
    if row is None:
        return 0
    # A shared row is strict JSON, and only a whole float (54.0) is written otherwise in canonical bytes.
    text = _ENCODE([key, row]) if type(row) is SharedDict else ".0"
    encoded = canonical_bytes([key, row]) if ".0" in text else text.encode()
    return int.from_bytes(hashlib.sha256(encoded).digest(), "big")
