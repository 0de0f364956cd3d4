"""What a stub sees as `state`: tables of plain rows, copied when touched, nothing shared with the State.

A stub may do to its rows what it likes; only what differs at the end of the call is put into the State, and only
if the call succeeded.
"""

from __future__ import annotations

from collections.abc import Iterator

from gem_sim.canonical import copy_json, same_json
from gem_sim.state import Row, State, Table

_EMPTY = Table({})
_ABSENT = object()


class TableView:
    """One table during one call; behaves as a dict of rows in the order of the table."""

    __slots__ = ("_gone", "_rows", "_table")

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: dict[str, Row] = {}
        self._gone: set[str] = set()

    def __getitem__(self, key: str) -> Row:
        row = self._rows.get(key)
        if row is None:
            if key in self._gone:
                raise KeyError(key)
            row = self._rows[key] = _copy_row(self._table[key])
        return row

    def __setitem__(self, key: str, row: Row) -> None:
        if type(key) is not str:
            raise TypeError(f"the key of a row is a string, not {key!r}")
        if type(row) is not dict:
            raise TypeError("a row is a mapping of fields")
        self._rows[key] = row
        self._gone.discard(key)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._rows.pop(key, None)
        if key in self._table:
            self._gone.add(key)

    def __contains__(self, key: object) -> bool:
        return key in self._rows or (key in self._table and key not in self._gone)

    def __iter__(self) -> Iterator[str]:
        if not self._gone:
            yield from self._table
        else:
            yield from [key for key in self._table if key not in self._gone]
        yield from [key for key in self._rows if key not in self._table]

    def __len__(self) -> int:
        return len(self._table) - len(self._gone) + sum(key not in self._table for key in self._rows)

    def __bool__(self) -> bool:
        return len(self) > 0

    def keys(self) -> list[str]:
        """Return the keys as a list: what is removed during a loop does not disturb it."""
        return list(self)

    def values(self) -> list[Row]:
        """Return the rows as a list."""
        return [self[key] for key in self]

    def items(self) -> list[tuple[str, Row]]:
        """Return pairs of key and row as a list."""
        return [(key, self[key]) for key in self]

    def get(self, key: str, default: object = None) -> object:
        """Return the row of that key, else `default`."""
        return self[key] if key in self else default  # noqa: SIM401 - this is what `get` is made of

    def pop(self, key: str, default: object = _ABSENT) -> object:
        """Remove and return the row of that key; without it `default`, or a KeyError where none is given."""
        if key not in self and default is not _ABSENT:
            return default
        row = self[key]
        del self[key]
        return row

    def setdefault(self, key: str, default: Row) -> Row:
        """Return the row of that key; put `default` there first if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, rows: dict[str, Row]) -> None:
        """Put in every row of `rows`."""
        for key, row in rows.items():
            self[key] = row

    def clear(self) -> None:
        """Remove every row."""
        for key in self.keys():
            del self[key]

    def _changes(self) -> dict[str, Row | None]:
        """Return the rows that differ from the table's, as copies; None for those removed.

        Raises:
            ValueError: If a row holds what is no JSON value.
        """
        changes: dict[str, Row | None] = {}
        for key, row in self._rows.items():
            old = self._table.get(key)
            if old is None or row != old or not same_json(row, old):
                copied = copy_json(row)
                if isinstance(copied, dict):
                    changes[key] = copied
        changes.update(dict.fromkeys(sorted(self._gone)))
        return changes


class StateView:
    """The tables during one call, by attribute or by name."""

    __slots__ = ("_state", "_tables")

    def __init__(self, state: State) -> None:
        self._state = state
        self._tables: dict[str, TableView] = {}

    def __getattr__(self, name: str) -> TableView:
        table = self._tables.get(name)
        if table is None:
            if name not in self._state:
                raise AttributeError(f"there is no table {name!r}")
            table = self._tables[name] = TableView(self._state.get(name, _EMPTY))
        return table

    def __getitem__(self, name: str) -> TableView:
        return self.__getattr__(name)

    def __contains__(self, name: object) -> bool:
        return name in self._state


def _copy_row(row: Row) -> Row:
    return {key: value if type(value) not in (dict, list) else copy_json(value) for key, value in row.items()}


def changes_of(view: StateView) -> dict[str, dict[str, Row | None]]:
    """Return what a call changed: table → key → row, None for a row removed.

    Raises:
        ValueError: If a row holds what is no JSON value; names the table.
    """
    changes: dict[str, dict[str, Row | None]] = {}
    for name, table in view._tables.items():
        try:
            changed = table._changes()
        except ValueError as error:
            raise ValueError(f"a row of {name!r} cannot be kept: {error}") from None
        if changed:
            changes[name] = changed
    return changes
