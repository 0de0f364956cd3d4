"""Foreign values as JSON."""

from __future__ import annotations

import datetime
import decimal
import enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.adapters.plain import as_json, cells_of, changes_of, prints_of
from gem_sim.canonical import same_json
from gem_sim.state import State, changed_rows
from tests.adapters.shop import Line, Point, Shop


class Color(enum.Enum):
    RED = "red"


class Node:
    def __init__(self, name: str, parent: Node | None) -> None:
        self.name, self.parent, self.children = name, parent, []
        self._hidden = object()
        if parent is not None:
            parent.children.append(self)


@pytest.mark.parametrize(
    ("value", "json"),
    [
        ((1, 2), [1, 2]),
        ({3, 1, 2}, [1, 2, 3]),
        ({1: "a"}, {"1": "a"}),
        (Color.RED, "red"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (decimal.Decimal("1.50"), "1.50"),
        (Point(1, 2), {"x": 1, "y": 2}),
        ([Line(item="pen", count=1)], [{"item": "pen", "count": 1}]),
    ],
)
def test_what_json_has_no_word_for_is_said_otherwise(value: object, json: object) -> None:
    assert as_json(value) == json


def test_a_tree_whose_nodes_know_their_parents_is_a_tree() -> None:
    root = Node("root", None)
    Node("leaf", root)
    assert as_json(root) == {"name": "root", "parent": None, "children": [{"name": "leaf", "children": []}]}


@pytest.mark.parametrize("value", [float("nan"), b"x", {1: "a", "1": "b"}, [len], object()])
def test_what_cannot_be_said_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON|same"):
        as_json(value)


def test_a_list_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ValueError, match=r"itself|deep"):
        as_json(value)


def test_attributes_that_map_to_rows_are_tables_and_the_others_rows() -> None:
    shop = Shop()
    shop.orders[1] = {"item": "pen"}
    state = State(changes_of(cells_of(shop), State(), {}))  # type: ignore[arg-type]
    assert state.to_json() == {
        "Shop": {"stock": {"pen": 3, "ink": 1}, "log": {"value": []}},
        "Shop.orders": {"1": {"item": "pen"}},
    }


VALUES = st.one_of(
    st.integers(0, 2), st.booleans(), st.sampled_from(["a", "b"]), st.lists(st.integers(0, 1), max_size=2)
)
ROWS = st.dictionaries(st.sampled_from("xyz"), st.dictionaries(st.sampled_from("fg"), VALUES, max_size=2), max_size=3)
ALL = st.dictionaries(st.sampled_from(["t", "u"]), ROWS, max_size=2)


@given(ALL, ALL)
def test_changes_lead_from_the_one_state_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    start = State(before)
    changes = changes_of(after, start, prints_of(before))
    reached = start.with_changes(changes)
    assert reached == State(after)
    named = {(table, key) for table, rows in changes.items() for key in rows}
    assert named == {(table, key) for table, key, _, _ in changed_rows(start, State(after))}


@given(VALUES, VALUES)
def test_a_boolean_is_no_number(left: Any, right: Any) -> None:
    same = type(left) is type(right) and left == right
    assert same_json(left, right) is same
    assert same_json({"a": [left]}, {"a": [right]}) is same
