"""What a call changes is laid against what its tool declares and its task expects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim import Replay, read_trajectories, replay
from gem_sim.state import State, changed_rows
from gem_sim.task import Expectation, Task
from gem_sim.verdict import Finding
from gem_sim.verifier import effects
from tests.conftest import ROOT, conversation, environment

CHECKS = (effects.declared, effects.collateral, effects.unexpected)
LEAKY = environment("leaky")


def replayed(*calls: list[Any], task: Task | None = None) -> Replay:
    entries = [["call", tool, arguments, {}] for tool, arguments in calls]
    return replay(conversation(["user", "Please."], *entries), LEAKY, task=task)


def found(*calls: list[Any], task: Task | None = None) -> list[Finding]:
    replay_ = replayed(*calls, task=task)
    return [finding for check in CHECKS for finding in check(replay_)]


def test_a_read_that_writes_shows_the_row_before_and_after() -> None:
    (finding,) = found(["look", {"box_id": "BX1", "touch": True}])
    assert (finding.code, finding.severity, finding.call) == ("effects.read_writes", "error", 1)
    (row,) = finding.evidence["rows"]  # type: ignore[misc,union-attr]
    assert row["before"]["touched"] is False
    assert row["after"]["touched"] is True


def test_a_write_beside_the_declared_tables_names_them() -> None:
    (finding,) = found(["put", {"box_id": "BX1", "thing": "string", "sign": True}])
    assert finding.code == "effects.undeclared_write"
    assert finding.evidence["declared"] == ["boxes"]
    assert [row["table"] for row in finding.evidence["rows"]] == ["visits"]  # type: ignore[index,call-overload,union-attr]


def test_a_refused_call_has_no_effects() -> None:
    assert found(["put", {"box_id": "BX1", "thing": "fire", "sign": True}]) == []


def test_collateral_changes_are_an_error_only_against_a_task_that_says_the_end() -> None:
    end = Task(id="one", expect=(Expectation(table="boxes", where={"box_id": "BX1", "holds": None}),))
    whole = ["empty", {"box_id": "BX1", "whole": True}]
    assert [(f.code, f.severity) for f in found(whole)] == [("effects.collateral", "warning")]
    assert [(f.code, f.severity) for f in found(whole, task=end)] == [("effects.collateral", "error")]
    both = Task(id="both", expect=(*end.expect, Expectation(table="boxes", where={"box_id": "BX2"})))
    assert found(whole, task=both) == []


def test_a_row_that_takes_two_calls_is_expected_at_both() -> None:
    end = Task(id="end", expect=(Expectation(table="boxes", where={"box_id": "BX1", "holds": "string"}, count=1),))
    calls = (["put", {"box_id": "BX1", "thing": "wool"}], ["put", {"box_id": "BX1", "thing": "string"}])
    assert found(*calls, task=end) == []
    (finding,) = found(*calls, ["put", {"box_id": "BX2", "thing": "string"}], task=end)
    assert (finding.code, finding.severity, finding.call) == ("effects.unexpected", "warning", 3)


@pytest.mark.parametrize("name", ["frame_shop", "library"])
def test_nothing_is_found_in_the_trajectories_of_a_bundled_environment(name: str) -> None:
    file = ROOT / "environments" / name / "trajectories.jsonl"
    for trajectory in read_trajectories(file):
        replay_ = replay(trajectory, environment(name))
        assert [str(finding) for check in CHECKS for finding in check(replay_)] == []


VALUES = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.just(1.0))
TABLES = st.dictionaries(st.sampled_from("abc"), st.fixed_dictionaries({"x": VALUES}), max_size=3)


@given(TABLES, TABLES)
def test_changed_rows_are_those_that_differ_as_json(before: dict[str, Any], after: dict[str, Any]) -> None:
    old, new = State({"t": before}), State({"t": after})
    changed = {key for _, key, _, _ in changed_rows(old, new)}
    same = {
        key for key in before.keys() | after.keys() if State({"t": pick(before, key)}) == State({"t": pick(after, key)})
    }
    assert changed == (before.keys() | after.keys()) - same
    assert (not changed) == (old == new)


def pick(rows: dict[str, Any], key: str) -> dict[str, Any]:
    return {key: rows[key]} if key in rows else {}
