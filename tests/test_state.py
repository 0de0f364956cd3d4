"""State: behaves as plain dicts, shares what did not change, and its digest depends on its value alone."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gem_sim.canonical import digest
from gem_sim.state import State, Table, changed_rows

keys = st.sampled_from([f"k{number}" for number in range(12)])
rows = st.dictionaries(st.sampled_from("abc"), st.integers() | st.text(max_size=3) | st.booleans(), max_size=3)
edits = st.lists(st.dictionaries(keys, st.none() | rows, max_size=4), max_size=30)


@given(st.dictionaries(keys, rows), edits)
def test_a_table_behaves_as_a_dict(start: dict[str, Any], steps: list[dict[str, Any]]) -> None:
    table, model = Table(start), dict(start)
    for step in steps:
        before = dict(table)
        changed = table.with_changes(step)
        assert dict(table) == before
        for key, row in step.items():
            if row is None:
                model.pop(key, None)
            else:
                model[key] = row
        table = changed
        assert dict(table) == model
        assert len(table) == len(model)
        assert all((key in table) == (key in model) for key in [f"k{n}" for n in range(12)])


@given(st.dictionaries(keys, rows), edits)
def test_a_digest_depends_on_the_value_alone(start: dict[str, Any], steps: list[dict[str, Any]]) -> None:
    state = State({"t": start})
    assert state.digest
    for step in steps:
        state = state.with_changes({"t": step})
        assert state.digest == State({"t": dict(state["t"])}).digest
        assert state.digest == State({"t": dict(reversed(list(state["t"].items())))}).digest


def test_changes_far_beyond_the_base_keep_digest_and_content() -> None:
    state = State({"t": {f"k{n}": {"n": n} for n in range(100)}})
    assert state.digest
    for number in range(500):
        state = state.with_changes({"t": {f"k{number % 150}": {"n": number}, f"k{(number * 7) % 150}": None}})
    assert state.digest == State({"t": dict(state["t"])}).digest


def test_rows_that_differ_are_named() -> None:
    before = State({"t": {"a": {"x": 1}, "b": {"x": 2}}, "empty": {}})
    after = before.with_changes({"t": {"a": {"x": 1.0}, "b": None, "c": {"x": 3}}})
    assert list(changed_rows(before, after)) == [("t", "b", {"x": 2}, None), ("t", "c", None, {"x": 3})]
    assert list(changed_rows(before, before)) == []


def test_empty_tables_and_order_do_not_change_the_digest() -> None:
    assert State({"a": {}, "b": {"k": {}}}).digest == State({"b": {"k": {}}}).digest
    assert State({}).digest != State({"b": {"k": {}}}).digest


def test_digests_are_the_same_on_every_machine() -> None:
    state = State({"loans": {"L1": {"book": "B1", "days": 21.0, "late": False}}, "members": {"M1": {"name": "Zoë"}}})
    assert state.digest == "3d83e28ede85c516bd923264d58a2dc8b63294e17b97ba65f72ea894d9d5f56f"
    assert digest({"b": [1, 2.0], "a": None}) == "ee743f2fa2570a1b5e3270cc405d0456b983ba03ab9cb27552fc6c1a720183c7"
