"""A set that keeps the order of insertion: what iterates over it does not depend on the hash seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet, Set
from typing import Any


class OrderedSet(MutableSet[Any]):
    """A set as bodies know it; `pop` takes the item that came first."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self._items = dict.fromkeys(items)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        # Order-free, and for items whose own hash is the same everywhere or at least within one process.
        return hash(frozenset(self._items))

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, self._items))}}}" if self._items else "set()"

    def add(self, value: Any) -> None:
        """Put in an item."""
        self._items[value] = None

    def discard(self, value: Any) -> None:
        """Take out an item if it is there."""
        self._items.pop(value, None)

    def remove(self, value: Any) -> None:
        """Take out an item; a KeyError without it."""
        del self._items[value]

    def pop(self) -> Any:
        """Take out and return the item that came first; a KeyError without any."""
        first = next(iter(self._items), self)
        if first is self:
            raise KeyError("pop from an empty set")
        del self._items[first]
        return first

    def clear(self) -> None:
        """Take out everything."""
        self._items.clear()

    def copy(self) -> OrderedSet:
        """Return a set of the same items."""
        return OrderedSet(self._items)

    def update(self, *others: Iterable[Any]) -> None:
        """Put in the items of the others."""
        for other in others:
            self._items.update(dict.fromkeys(other))

    def union(self, *others: Iterable[Any]) -> OrderedSet:
        """Return the items of this one and of the others."""
        made = self.copy()
        made.update(*others)
        return made

    def intersection(self, *others: Iterable[Any]) -> OrderedSet:
        """Return the items that are in all of them."""
        kept = [dict.fromkeys(other) for other in others]
        return OrderedSet(item for item in self._items if all(item in other for other in kept))

    def difference(self, *others: Iterable[Any]) -> OrderedSet:
        """Return the items that are in none of the others."""
        left_out = [dict.fromkeys(other) for other in others]
        return OrderedSet(item for item in self._items if not any(item in other for other in left_out))

    def symmetric_difference(self, other: Iterable[Any]) -> OrderedSet:
        """Return the items that are in one of the two only."""
        others = OrderedSet(other)
        return self.difference(others).union(others.difference(self))

    def issubset(self, other: Iterable[Any]) -> bool:
        """Tell whether the other has every item of this one."""
        others = dict.fromkeys(other)
        return all(item in others for item in self._items)

    def issuperset(self, other: Iterable[Any]) -> bool:
        """Tell whether this one has every item of the other."""
        return all(item in self._items for item in other)

    def __or__(self, other: Set[Any]) -> OrderedSet:
        return self.union(other) if isinstance(other, Set) else NotImplemented

    def __and__(self, other: Set[Any]) -> OrderedSet:
        return self.intersection(other) if isinstance(other, Set) else NotImplemented

    def __sub__(self, other: Set[Any]) -> OrderedSet:
        return self.difference(other) if isinstance(other, Set) else NotImplemented

    def __xor__(self, other: Set[Any]) -> OrderedSet:
        return self.symmetric_difference(other) if isinstance(other, Set) else NotImplemented
