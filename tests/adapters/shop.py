"""Toolkits as people write them, for the tests of hosting."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel


class Shop:
    """Sells things, keeps orders, and has faults of the kinds that toolkits have."""

    def __init__(self, stock: dict[str, int] | None = None) -> None:
        self.stock = {"pen": 3, "ink": 1} if stock is None else stock
        self.orders: dict[int, dict[str, Any]] = {}
        self.log: list[str] = []
        self._random = random.Random(7)

    def order(self, item: str, count: int = 1, note: str = None) -> dict[str, Any]:  # type: ignore[assignment]  # noqa: RUF013
        """Order something.

        Args:
            item (str): What to order,
                by name.
            count (int): How many.
        """
        self.log.append(f"asked for {item}")
        if item not in self.stock:
            raise KeyError(f"no {item}")
        if self.stock[item] < count:
            return {"error": f"only {self.stock[item]} left"}
        self.stock[item] -= count
        number = self._random.randint(1000, 9999)
        self.orders[number] = {"item": item, "count": count, "note": note}
        return {"order_id": number, "left": self.stock[item]}

    def show(self, order_id: int) -> dict[str, Any]:
        """Show an order, as it is kept."""
        return self.orders[order_id]

    def keep(self, tags: list[str]) -> list[str]:
        """Keep what is given, and hand it out again."""
        self.tags = tags
        return self.tags

    def all_orders(self) -> set[int]:
        """Number every order."""
        return set(self.orders)

    def _secret(self) -> None:
        raise AssertionError


class Till:
    """A second toolkit; shares the shop's stock where it is given it."""

    def __init__(self, stock: dict[str, int]) -> None:
        self.stock = stock

    def restock(self, item: str, count: int) -> int:
        """Put more on the shelf."""
        self.stock[item] = self.stock.get(item, 0) + count
        return self.stock[item]


class Fickle:
    """Not deterministic: counts across its copies."""

    calls = 0

    def __init__(self) -> None:
        self.seen: list[int] = []

    def next(self) -> int:
        """Say a number that no other call will say."""
        Fickle.calls += 1
        self.seen.append(Fickle.calls)
        return Fickle.calls

    def fail(self) -> None:
        """Refuse."""
        raise RuntimeError("no")


@dataclass
class Point:
    x: int
    y: int


class Line(BaseModel):
    item: str
    count: int


class Order(BaseModel):
    order_id: str
    status: Literal["open", "paid"] = "open"
    lines: list[Line]
    tags: dict[str, str] = {}


class Store:
    """A toolkit on tables: orders are models, notes are plain dicts."""

    db: Any

    def pay(self, order_id: str) -> dict[str, Any]:
        """Pay an order."""
        order = self.db.orders[order_id]
        order.status = "paid"
        result: dict[str, Any] = order.model_dump()
        return result

    def look(self, order_id: str) -> str:
        """Look at an order."""
        text: str = self.db.orders[order_id].model_dump_json()
        return text

    def add_line(self, order_id: str, item: str, count: int) -> int:
        """Add a line; refuses, too late, what is not positive."""
        order = self.db.orders[order_id]
        order.lines.append(Line(item=item, count=count))
        order.tags["last"] = item
        if count <= 0:
            raise ValueError("count is positive")
        return len(order.lines)

    def pay_all(self) -> int:
        """Pay whatever is open, found in passing."""
        count = 0
        for order in self.db.orders.values():
            if order.status == "open":
                order.status = "paid"
                count += 1
        return count

    def pay_found(self, order_id: str) -> str:
        """Pay an order by its key after it was found in passing, and say what was found."""
        found = next((order for order in self.db.orders.values() if order.order_id == order_id), None)
        if found is None:
            raise ValueError("not found")
        self.db.orders[order_id].status = "paid"
        status: str = found.status
        return status

    def count_open(self) -> int:
        """Count what is open."""
        return sum(order.status == "open" for _, order in self.db.orders.items())

    def open(self, order_id: str) -> bool:
        """Open an order; refuses one that is there."""
        if order_id in self.db.orders:
            raise ValueError("taken")
        self.db.orders[order_id] = Order(order_id=order_id, lines=[])
        return True

    def drop(self, order_id: str) -> int:
        """Remove an order."""
        del self.db.orders[order_id]
        return len(self.db.orders)

    def note(self, key: str, text: str) -> dict[str, Any]:
        """Write a note."""
        note: dict[str, Any] = self.db.notes.setdefault(key, {"texts": []})
        note["texts"].append(text)
        return note

    def same(self, order_id: str) -> bool:
        """Tell whether an order equals itself, read again."""
        order = self.db.orders[order_id]
        return bool(order == Order.model_validate(order.model_dump()))


def store_rows() -> dict[str, dict[str, dict[str, Any]]]:
    """Return the rows a store starts from."""
    orders = {
        f"O{n}": Order(order_id=f"O{n}", lines=[Line(item="pen", count=n)]).model_dump(mode="json") for n in (1, 2, 3)
    }
    return {"orders": orders, "notes": {"N1": {"texts": ["first"]}}}
