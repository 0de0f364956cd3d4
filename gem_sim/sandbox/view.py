"""What a stub sees as `state`: tables of rows that it may change, of which only a successful call keeps anything.

A row looked up by key is a plain copy. Rows of a scan are the shared ones themselves, which refuse changes: most
bodies only read them. Where a body does change one, or looks one up and changes it after a scan showed it, the call
is run once more with copies throughout (`copying`), so a stub never sees the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from gem_sim.state import Row, SharedDict, SharedValueChanged, State, Table, plain, shared_row

_ABSENT: Final = object()


class TableView(Mapping[str, Any]):
    """One table during one call; behaves as a dict of rows in the order of the table."""

    __slots__ = ("_copying", "_gone", "_late", "_new", "_pay", "_rows", "_scanned", "_table")

    def __init__(self, table: Table, copying: bool, pay: Callable[[int], None]) -> None:
        self._table = table
        self._pay = pay
        self._copying = copying
        self._rows: dict[str, Row] = {}
        self._gone: set[str] | None = None
        # How many of the call's own rows stand under a key that the table lacks.
        self._new = 0
        self._scanned = False
        # Keys of rows looked up after a scan showed them.
        self._late: set[str] | None = None

    def __getitem__(self, key: Any) -> Row:
        row = self._rows.get(key)
        if row is None:
            row = self._own(key)
            if row is None:
                raise KeyError(key)
        return row

    def _own(self, key: Any) -> Row | None:
        """Return a copy of a row not looked up before, which is the call's own from then on; None without it."""
        shared = None if self._gone and key in self._gone else self._table.get(key)
        if shared is None:
            return None
        row: Row = plain(shared)
        self._rows[key] = row
        if self._scanned:
            self._late = _with(self._late, key)
        return row

    def __setitem__(self, key: Any, row: Any) -> None:
        if type(key) is not str:
            raise TypeError(f"the key of a row is a string, not a {type(key).__name__}")
        if not isinstance(row, dict):
            raise TypeError("a row is a mapping of fields")
        self._new += key not in self._rows and key not in self._table
        self._rows[key] = row
        if self._late:
            self._late.discard(key)
        if self._gone:
            self._gone.discard(key)

    def __delitem__(self, key: Any) -> None:
        if key not in self:
            raise KeyError(key)
        self._rows.pop(key, None)
        if key in self._table:
            self._gone = _with(self._gone, key)
        else:
            self._new -= 1

    def __contains__(self, key: object) -> bool:
        return key in self._rows or (key in self._table and not (self._gone and key in self._gone))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._table) - len(self._gone or ()) + self._new

    def __bool__(self) -> bool:
        return len(self) > 0

    def __or__(self, other: Any) -> dict[str, Any]:
        return dict(self.items()) | dict(other)

    def keys(self) -> list[str]:  # type: ignore[override]
        """Return the keys as a list: what is removed during a loop does not disturb it."""
        gone, table = self._gone, self._table
        self._pay(len(table) + len(self._rows))
        keys = [key for key in table if key not in gone] if gone else list(table)
        return keys + [key for key in self._rows if key not in table] if self._rows else keys

    def values(self) -> list[Row]:  # type: ignore[override]
        """Return the rows as a list."""
        if not self._rows and not self._gone and not self._copying:
            self._scanned = True
            self._pay(len(self._table))
            return self._table.rows()
        return [self._row(key) for key in self.keys()]

    def items(self) -> list[tuple[str, Row]]:  # type: ignore[override]
        """Return pairs of key and row as a list."""
        return [(key, self._row(key)) for key in self.keys()]

    def _row(self, key: str) -> Row:
        """Return a row of a scan: the call's own where it has one, else the shared one."""
        if self._copying:
            return self[key]
        self._scanned = True
        return self._rows[key] if key in self._rows else self._table[key]

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the row of that key, else `default`."""
        row = self._rows.get(key)
        if row is None:
            row = self._own(key)
        return default if row is None else row

    def pop(self, key: Any, default: Any = _ABSENT) -> Any:
        """Remove and return the row of that key; without it `default`, or a KeyError where none is given."""
        if key not in self and default is not _ABSENT:
            return default
        row = self[key]
        del self[key]
        return row

    def setdefault(self, key: Any, default: Any) -> Any:
        """Return the row of that key; put `default` there first if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, rows: Any) -> None:
        """Put in every row of `rows`."""
        for key, row in rows.items():
            self[key] = row

    def clear(self) -> None:
        """Remove every row."""
        for key in self.keys():
            del self[key]

    def copy(self) -> dict[str, Row]:
        """Return the rows as a dict of their own."""
        return dict(self.items())

    def _changes(self, bound: Callable[[Any], None]) -> dict[str, Row | None]:
        """Return the rows that differ from the table's, as copies; None for those removed.

        `bound` is asked about each row before it is copied, and raises if it is too large.

        Raises:
            ValueError: If a row holds what is no JSON value.
            SharedValueChanged: If a change may have been missed by an earlier scan of this call.
        """
        changes: dict[str, Row | None] = {}
        for key, row in self._rows.items():
            old = self._table.get(key)
            if old is None or row != old or _differ_in_kind(row, old):
                if self._late and key in self._late:
                    raise SharedValueChanged
                bound(row)
                changes[key] = shared_row(row)
        changes.update(dict.fromkeys(sorted(self._gone or ())))
        return changes


def _with(keys: set[str] | None, key: str) -> set[str]:
    if keys is None:
        return {key}
    keys.add(key)
    return keys


def _differ_in_kind(row: Row, old: Row) -> bool:
    """Tell whether one of two rows that compare as equal has `True` where the other has `1`."""
    # By far most rows hold nothing to look into, and are field by field of the same types.
    flat = type(old) is SharedDict and old.flat and list(row) == list(old)
    if flat and list(map(type, row.values())) == list(map(type, old.values())):
        return False
    return bool(_booleans(row) != _booleans(old))


def _booleans(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _booleans(item) for key, item in value.items()}
    return [_booleans(item) for item in value] if isinstance(value, list) else type(value) is bool


class StateView:
    """The tables during one call, by attribute or by name."""

    # No slots: a table once asked for is an ordinary attribute, found without a call.
    def __init__(self, state: State, copying: bool, pay: Callable[[int], None]) -> None:
        self._state = state
        self._pay = pay
        self._copying = copying
        self._tables: dict[str, TableView] = {}

    def __getattr__(self, name: str) -> TableView:
        table = self._table(name)
        setattr(self, name, table)
        return table

    def _table(self, name: str) -> TableView:
        table = self._tables.get(name)
        if table is None:
            known = self._state.table(name)
            if known is None:
                raise AttributeError(f"there is no table {name!r}")
            table = self._tables[name] = TableView(known, self._copying, self._pay)
        return table

    def __getitem__(self, name: Any) -> TableView:
        if type(name) is not str or name not in self._state:
            raise KeyError(name)
        return self._table(name)

    def __contains__(self, name: object) -> bool:
        return name in self._state


class _ByName:
    """A table of a `StateView` that is made when it is first asked for, and then stands in this attribute's place."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, view: StateView, _kind: type) -> TableView:
        table = view._table(self._name)
        setattr(view, self._name, table)
        return table


def view_with(names: Iterable[str]) -> type[StateView]:
    """Return the kind of `StateView` that finds tables of these names at once; others it finds too."""
    known = {name: _ByName(name) for name in names if not name.startswith("_")}
    return type("StateView", (StateView,), known)


def changes_of(view: StateView, bound: Callable[[Any], None]) -> dict[str, dict[str, Row | None]]:
    """Return what a call changed: table → key → row, None for a row removed; `bound` raises for rows too large.

    Raises:
        ValueError: If a row holds what is no JSON value; names the table.
    """
    changes: dict[str, dict[str, Row | None]] = {}
    for name, table in view._tables.items():
        try:
            changed = table._changes(bound)
        except ValueError as error:
            raise ValueError(f"a row of {name!r} cannot be kept: {error}") from None
        if changed:
            changes[name] = changed
    return changes
