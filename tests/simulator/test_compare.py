"""Recorded against executed results: what is the same, what is not, what cannot be known."""

from __future__ import annotations

from typing import Any

import pytest

from gem_sim.simulator.compare import Renaming, compare, says_error

BAG = {"type": "array", "uniqueItems": True}


def kinds(recorded: Any, executed: Any, schema: Any = None, **more: Any) -> list[tuple[str, str]]:
    return [(d.path, d.kind) for d in compare(recorded, executed, schema, Renaming(), **more)]


@pytest.mark.parametrize(
    ("recorded", "executed"),
    [
        (54, 54.0),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"status": "ok", "message": "Done!"}, {"status": "ok", "message": "It is done."}),
        ({"price": None}, {"price": None}),
        ({}, {"price": {"$unspecified": "no rule"}}),
        ({"price": {"$unspecified": "no rule"}}, {"price": {"$unspecified": "no rule"}}),
    ],
)
def test_these_agree(recorded: Any, executed: Any) -> None:
    assert kinds(recorded, executed) == []


@pytest.mark.parametrize(
    ("recorded", "executed", "found"),
    [
        (True, 1, [("$", "differs")]),
        ("5", 5, [("$", "differs")]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [("$.a.b[1]", "differs")]),
        ({"a": 1}, {"a": 1, "b": None}, [("$.b", "missing")]),
        ({"a": 1, "b": 2}, {"a": 1}, [("$.b", "extra")]),
        ([1, 2], [2, 1], [("$[0]", "differs"), ("$[1]", "differs")]),
        ([1], [1, 2], [("$[1]", "missing")]),
        ([1, 2], [1], [("$[1]", "extra")]),
        ({"price": 5}, {"price": {"$unspecified": "no rule"}}, [("$.price", "unspecified")]),
        ({"posts": [{"message": "Hi"}]}, {"posts": [{"message": "Hello"}]}, [("$.posts[0].message", "differs")]),
        (None, {}, [("$", "differs")]),
    ],
)
def test_these_part_and_the_place_is_named(recorded: Any, executed: Any, found: list[tuple[str, str]]) -> None:
    assert kinds(recorded, executed) == found


def test_an_array_of_unique_items_has_no_order() -> None:
    assert kinds([{"id": 2}, {"id": 1}], [{"id": 1}, {"id": 2}], BAG) == []
    assert kinds([3, 1], [1, 2], BAG) == [("$[1]", "differs")]
    assert kinds([1, 1, 2], [1, 2, 2], BAG) == [("$[2]", "differs")]


def test_prose_is_compared_where_the_schema_makes_it_a_word() -> None:
    schema = {"properties": {"message": {"enum": ["yes", "no"]}}}
    assert kinds({"message": "yes"}, {"message": "no"}, schema) == [("$.message", "differs")]
    note = {"properties": {"note": {"type": "string", "format": "prose"}}}
    assert kinds({"note": "a"}, {"note": "b"}, note) == []


def test_generated_ids_match_up_to_one_renaming() -> None:
    renaming, made = Renaming(), {"loans_1", "loans_2"}
    assert compare({"id": "A"}, {"id": "loans_1"}, None, renaming, made_ids=made) == []
    assert compare({"id": "B"}, {"id": "loans_2"}, None, renaming, made_ids=made) == []
    assert compare(["A", "B"], ["loans_1", "loans_2"], None, renaming, made_ids=made) == []
    assert compare({"A": 1}, {"loans_1": 1}, None, renaming, made_ids=made) == []
    assert [d.path for d in compare(["B"], ["loans_1"], None, renaming, made_ids=made)] == ["$[0]"]
    assert [d.path for d in compare(["C"], ["loans_1"], None, renaming, made_ids=made)] == ["$[0]"]
    assert renaming.executed({"id": "A", "all": ["B", "x"]}) == {"id": "loans_1", "all": ["loans_2", "x"]}


def test_two_generated_ids_cannot_share_one_name() -> None:
    renaming, made = Renaming(), {"loans_1", "loans_2"}
    found = compare(["A", "A"], ["loans_1", "loans_2"], None, renaming, made_ids=made)
    assert [d.path for d in found] == ["$[1]"]


def test_an_id_inside_a_text_is_renamed_too() -> None:
    renaming = Renaming()
    assert compare({"note": "Lent as X-9."}, {"note": "Lent as loans_1."}, None, renaming, made_ids={"loans_1"}) == []
    assert compare("X-9", "loans_1", None, renaming, made_ids={"loans_1"}) == []
    assert compare({"note": "Lent as Y."}, {"note": "Lent as loans_1."}, None, renaming, made_ids={"loans_1"}) != []


def test_an_id_as_a_key_binds_when_one_key_is_left() -> None:
    renaming = Renaming()
    assert compare({"X": {"a": 1}}, {"loans_1": {"a": 1}}, None, renaming, made_ids={"loans_1"}) == []
    assert renaming.executed("X") == "loans_1"


def test_times_read_from_the_clock_match_times_that_do_not_go_back() -> None:
    renaming, clock = Renaming(), "2026-03-02T09:00:00Z"

    def part(recorded: str) -> list[str]:
        return [d.path for d in compare({"at": recorded}, {"at": clock}, None, renaming, clock=clock)]

    assert part("2025-01-01T10:00:00Z") == []
    assert part("2025-01-01T10:05:00Z") == []
    assert part("2025-01-01T10:00:00Z") == []
    assert part("2024-12-31T10:00:00Z") == ["$.at"]
    assert part("yesterday") == ["$.at"]
    assert kinds({"at": "2025-01-01T10:00:00Z"}, {"at": clock}) == [("$.at", "differs")]


@pytest.mark.parametrize(
    "content",
    [
        {"error": "no"},
        {"status": "error", "message": "x"},
        {"success": False},
        {"response": None, "exception": "Bad"},
        "Error: no such user",
    ],
)
def test_these_read_as_refusals(content: Any) -> None:
    assert says_error(content)


@pytest.mark.parametrize(
    "content",
    [{"error": None}, {"status": "success"}, {"exception": None}, "No errors found", [], None, {"errors": []}],
)
def test_these_do_not(content: Any) -> None:
    assert not says_error(content)


def test_what_the_recording_has_too_much_comes_in_its_own_order() -> None:
    # Many names, so that an order that hashing decides would hardly be this one by chance.
    recorded = {f"name_{(7 * number) % 31}": number for number in range(31)}
    assert kinds(recorded, {}) == [(f"$.{name}", "extra") for name in recorded]
