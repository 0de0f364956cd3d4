"""Mutation: what is planted is a fault, always the same, and never something the checks may rightly let pass."""

from __future__ import annotations

import subprocess
import sys
from datetime import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim import Trajectory, read_trajectories, replay, verify
from gem_sim.simulator import Replay
from gem_sim.testing import KINDS, MUTATIONS, Mutant, Tally, judgements, mutants_of
from gem_sim.testing.edits import called, exchanged, placed_at, removed_at, replaced_at, with_call_after, without_call
from gem_sim.testing.scene import Samples
from gem_sim.testing.shifts import is_time, shifted_time
from tests.conftest import ROOT, conversation, environment

BUNDLED = ("frame_shop", "library")


def originals(name: str, most: int | None = None) -> list[Replay]:
    path = ROOT / "environments" / name / "trajectories.jsonl"
    return [replay(trajectory, environment(name)) for trajectory in list(read_trajectories(path))[:most]]


def mutants(trajectory: Trajectory, *kinds: str, name: str = "desk", most: int = 50) -> list[Mutant]:
    original = replay(trajectory, environment(name))
    assert verify(original).verdict == "pass"
    return list(mutants_of(original, kinds=[KINDS[kind] for kind in kinds], most=most))


ADA = ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 36}]
LEND = [
    "call",
    "lend_book",
    {"member_id": "M1", "book_id": "B1"},
    {"loan_id": "L7", "since": "2026-03-02T09:00:00Z", "message": "Lent as L7."},
]
FIND = [
    *("call", "search_books", {"word": "field", "limit": 1}),
    {"books": [{"book_id": "B1", "title": "A Field Guide", "shelf": 3}]},
]


def test_there_are_at_least_fifteen_kinds_and_each_is_planted_somewhere() -> None:
    assert len(MUTATIONS) >= 15
    tally = Tally()
    for name in BUNDLED:
        for judgement in judgements(originals(name, 12), most=1):
            tally.add(judgement)
    assert tally.kinds == [mutation.__name__ for mutation in MUTATIONS]


@pytest.mark.parametrize("name", BUNDLED)
def test_a_mutant_is_its_original_with_one_thing_changed(name: str) -> None:
    for original in originals(name, 3):
        before = original.trajectory
        for mutant in mutants_of(original, samples=Samples([original]), most=2):
            after = mutant.trajectory
            assert after.messages != before.messages
            assert (after.task, after.tools) == (before.task, before.tools)
            assert [m for m in after.messages if m.role not in {"assistant", "tool"}] == [
                m for m in before.messages if m.role not in {"assistant", "tool"}
            ]
            planted = after.extra["planted"]
            assert isinstance(planted, dict)
            assert planted["what"] == mutant.planted.what
            if mutant.planted.variant == "kept" and not mutant.planted.kind.startswith(("drop", "duplicate", "stale")):
                changed = sum(a != b for a, b in zip(before.messages, after.messages, strict=True))
                assert changed <= (4 if mutant.planted.kind == "reorder_calls" else 1)


@pytest.mark.parametrize("name", BUNDLED)
def test_edits_alone_raise_nothing(name: str) -> None:
    """Were an edit itself a fault, every mutant would be killed for free."""
    for original in originals(name):
        trajectory = original.trajectory
        edited = trajectory
        for number in range(len(original.calls), 0, -1):
            call = original.calls[number - 1]
            edited = called(edited, number, arguments=dict(call.placed.call.arguments))
            if call.before == call.after:
                arguments = dict(call.placed.call.arguments)
                edited = with_call_after(edited, number, call.placed.call.tool, arguments, call.recorded)
        assert verify(replay(edited, original.environment)).verdict == "pass", trajectory.id
        for number in range(len(original.calls), 1, -1):
            edited = exchanged(exchanged(trajectory, number - 1, number), number - 1, number)
            assert edited.messages == trajectory.messages


def test_no_mutant_breaks_the_form_of_a_conversation() -> None:
    for name in BUNDLED:
        for judgement in judgements(originals(name, 6), most=3):
            assert "format" not in judgement.families, judgement.mutant.planted.what


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_same_seed_plants_the_same_under_any_hash_seed(seed: str) -> None:
    script = (
        "import gem_sim\n"
        "from gem_sim.testing import mutants_of\n"
        "shop = gem_sim.load_environment('environments/frame_shop')\n"
        "for t in gem_sim.read_trajectories('environments/frame_shop/trajectories.jsonl'):\n"
        "    for m in mutants_of(gem_sim.replay(t, shop), most=3, seed=5):\n"
        "        print(m.trajectory.model_dump_json())\n"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, cwd=ROOT, env={"PYTHONHASHSEED": h}, check=True
        ).stdout
        for h in (seed, "77")
    ]
    assert printed[0] == printed[1]
    assert printed[0].count(b"\n") > 50


def test_another_seed_plants_otherwise() -> None:
    (original,) = originals("frame_shop", 1)
    one, other = ([m.planted.what for m in mutants_of(original, seed=seed)] for seed in (1, 2))
    assert one != other


def test_a_read_made_twice_is_no_fault() -> None:
    told = conversation(["user", "Is Ada a member?"], ADA, ["assistant", "Yes."])
    assert mutants(told, "duplicate_call") == []


def test_a_write_made_twice_is_a_fault_where_the_recording_lies_or_the_end_changes() -> None:
    told = conversation(
        ["user", "Ada brings back L1."], ADA, ["call", "return_book", {"loan_id": "L1"}, {"returned": "B3"}]
    )
    found = mutants(told, "duplicate_call")
    # Returned twice: the second is refused, so only the recording that says otherwise is a fault.
    assert [(m.planted.variant, m.planted.call) for m in found] == [("kept", 3)]


def test_a_call_that_nothing_rests_on_may_be_dropped() -> None:
    told = conversation(["user", "Bring back L1."], ADA, ["call", "return_book", {"loan_id": "L1"}, {"returned": "B3"}])
    dropped = {m.planted.what for m in mutants(told, "drop_call")}
    assert dropped == {"call 2 of return_book was taken out, with its answer"}


def test_a_call_whose_answer_is_used_later_may_not() -> None:
    told = conversation(["user", "Ada wants a field guide."], ADA, FIND, LEND, ["assistant", "Done."])
    found = {(m.planted.what.split()[3], m.planted.variant) for m in mutants(told, "drop_call")}
    assert found == {("find_member", "rerun"), ("search_books", "rerun"), ("lend_book", "rerun")}


def test_independent_calls_may_change_places_and_dependent_ones_may_not() -> None:
    told = conversation(["user", "Ada wants a field guide."], ADA, FIND, LEND, ["assistant", "Done."])
    pairs = {tuple(m.planted.before) for m in mutants(told, "reorder_calls") if isinstance(m.planted.before, list)}
    assert pairs == {(1, 3), (2, 3)}


def test_an_argument_that_makes_no_difference_is_not_planted() -> None:
    told = conversation(["user", "Fields, 1."], FIND, ["assistant", "A Field Guide."])
    shifted = mutants(told, "shift_number")
    assert all(m.planted.variant == "kept" or "limit" in m.planted.what for m in shifted)
    told = conversation(
        ["user", "Bread, up to 5."],
        [
            "call",
            "search_books",
            {"word": "bread", "limit": 5},
            {"books": [{"book_id": "B3", "title": "Bread", "shelf": 7}]},
        ],
    )
    kept = [m for m in mutants(told, "shift_number") if m.planted.variant == "kept"]
    assert kept == []


def test_prose_and_what_may_have_any_name_are_left_alone() -> None:
    told = conversation(["user", "Ada wants a field guide."], ADA, FIND, LEND, ["assistant", "Done."])
    places = {m.planted.what for m in mutants(told, "result_changed", most=400)}
    assert places
    assert not any("L7" in what or "$.since" in what or "$.message" in what for what in places)


def test_removing_and_replacing_by_path() -> None:
    value = {"a": [1, {"b": 2}], "c": 3}
    assert replaced_at(value, ("a", 1, "b"), 9) == {"a": [1, {"b": 9}], "c": 3}  # type: ignore[arg-type]
    assert removed_at(value, ("a", 0)) == {"a": [{"b": 2}], "c": 3}  # type: ignore[arg-type]
    assert removed_at(value, ("c",)) == {"a": [1, {"b": 2}]}  # type: ignore[arg-type]


def test_what_was_said_with_a_call_stays_when_the_call_goes() -> None:
    told = conversation(["user", "Ada?"], ADA, ["assistant", "She is a member."])
    talking = told.messages[1].model_copy(update={"content": "Let me see."})
    told = told.model_copy(update={"messages": (told.messages[0], talking, *told.messages[2:])})
    left = without_call(told, 1)
    assert [(m.role, m.content) for m in left.messages[1:]] == [("assistant", "Let me see.\nShe is a member.")]
    assert placed_at(told, 1).call.tool == "find_member"


@given(st.times(), st.integers(0, 2**32))
def test_a_time_of_day_moves_to_another_time_of_day(start: time, seed: int) -> None:
    for value in (start.strftime("%H:%M"), start.strftime("%H:%M:%S")):
        moved = shifted_time(value, Random(seed))
        assert moved != value
        assert is_time(moved)
        assert time.fromisoformat(moved).second == (start.second if value.count(":") > 1 else 0)
