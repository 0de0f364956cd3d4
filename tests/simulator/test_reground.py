"""Re-grounding: what execution does not bear out is replaced, what rests on it is marked, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim import Trajectory, read_trajectories, replay, verify
from gem_sim.simulator.reground import EXTRA_KEY, reground
from tests.conftest import ROOT, conversation, environment

BUNDLED = ("frame_shop", "library")
GOOD = [(name, t) for name in BUNDLED for t in read_trajectories(ROOT / "environments" / name / "trajectories.jsonl")]
BAD = [(name, t) for name in BUNDLED for t in read_trajectories(ROOT / "environments" / name / "known_bad.jsonl")]


def result_errors(trajectory: Trajectory, name: str) -> list[str]:
    verdict = verify(replay(trajectory, environment(name)))
    return [f.code for f in verdict.findings if f.code.startswith("result.") and f.severity == "error"]


@pytest.mark.parametrize(("name", "trajectory"), GOOD, ids=[t.id for _, t in GOOD])
def test_a_trajectory_that_passes_stays_as_it_is(name: str, trajectory: Trajectory) -> None:
    done = reground(trajectory, environment(name))
    assert done.trajectory is trajectory
    assert (done.replaced, done.marks) == ((), ())


@pytest.mark.parametrize(("name", "trajectory"), BAD, ids=[t.id for _, t in BAD])
def test_no_result_is_wrong_afterwards_and_twice_is_once(name: str, trajectory: Trajectory) -> None:
    once = reground(trajectory, environment(name))
    assert result_errors(once.trajectory, name) == []
    assert bool(result_errors(trajectory, name)) <= bool(once.replaced)
    assert reground(once.trajectory, environment(name)).trajectory == once.trajectory


answers = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 500)
    | st.sampled_from(["B1", "M1", "L9", "2026-03-02T09:00:00Z", "error"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["loan_id", "status", "error", "books", "member_id"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.data())
def test_whatever_is_recorded_execution_has_the_last_word(data: st.DataObject) -> None:
    name, trajectory = data.draw(st.sampled_from(GOOD))
    messages = [
        m.model_copy(update={"content": json.dumps(data.draw(answers))})
        if m.role == "tool" and data.draw(st.booleans())
        else m
        for m in trajectory.messages
    ]
    told = trajectory.model_copy(update={"messages": tuple(messages)})
    once = reground(told, environment(name))
    assert result_errors(once.trajectory, name) == []
    assert reground(once.trajectory, environment(name)).trajectory == once.trajectory


def desk(result: Any, *after: Any) -> Trajectory:
    return conversation(
        ["user", "Ada wants B1."],
        ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 36}],
        ["call", "lend_book", {"member_id": "M1", "book_id": "B1"}, result],
        *after,
    )


def test_a_refusal_takes_the_place_of_a_success_and_what_rests_on_it_is_marked() -> None:
    told = conversation(
        ["user", "Ada wants B3."],
        ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 36}],
        [
            "call",
            "lend_book",
            {"member_id": "M1", "book_id": "B3"},
            {"loan_id": "L77", "since": "2026-03-02T09:00:00Z"},
        ],
        ["assistant", "It is lent as L77. Anything else?"],
        ["user", "Take it back again."],
        ["call", "return_book", {"loan_id": "L77"}, {"returned": "B3"}],
        ["assistant", "B3 is back."],
    )
    done = reground(told, environment("desk"))
    contents = [json.loads(m.content or "") for m in done.trajectory.messages if m.role == "tool"]
    assert contents[1] == {"error": "A book is lent to one member at a time."}
    assert contents[2] == {"error": "No such loan."}
    assert [(r.call, r.message, r.path) for r in done.replaced] == [(2, 5, "$"), (3, 9, "$")]
    marks = [(m.message, m.sentence, m.call, m.argument, m.old) for m in done.marks]
    assert marks[0] == (6, "It is lent as L77.", None, None, "L77")
    assert marks[1] == (8, None, 3, "$.loan_id", "L77")
    assert [sentence for _, sentence, *_ in marks[2:]] == ["B3 is back."]
    noted: Any = done.trajectory.extra[EXTRA_KEY]
    assert noted["marks"][0]["old"] == "L77"


def test_generated_ids_and_times_keep_the_names_of_the_recording() -> None:
    told = desk(
        {"loan_id": "MY-1", "since": "2026-04-01T08:00:00Z", "message": "Lent as MY-1.", "fee": 3},
        ["call", "return_book", {"loan_id": "MY-1"}, {"returned": "B2"}],
        ["call", "lend_book", {"member_id": "M1", "book_id": "B2"}, {"loan_id": "MY-2"}],
    )
    done = reground(told, environment("desk"))
    contents = [json.loads(m.content or "") for m in done.trajectory.messages if m.role == "tool"]
    assert contents[1] == {"loan_id": "MY-1", "since": "2026-04-01T08:00:00Z", "message": "Lent as MY-1."}
    assert contents[2] == {"returned": "B1"}
    assert (contents[3]["loan_id"], contents[3]["since"]) == ("MY-2", "2026-04-01T08:00:00Z")
    assert result_errors(done.trajectory, "desk") == []


def test_an_id_without_a_name_gets_none_that_the_recording_uses_for_another() -> None:
    taken = replay(desk({}), environment("desk")).calls[1].made[0]
    told = desk(
        {"error": "The desk is closed."},
        [
            "call",
            "lend_book",
            {"member_id": "M1", "book_id": "B2"},
            {"loan_id": taken, "since": "2026-03-02T09:00:00Z"},
        ],
    )
    done = reground(told, environment("desk"))
    assert result_errors(done.trajectory, "desk") == []
    first, second = (json.loads(m.content or "")["loan_id"] for m in done.trajectory.messages[4::2])
    assert second == taken
    assert first != taken


def test_what_nothing_determines_stays_as_recorded() -> None:
    told = conversation(
        ["user", "What does B1 cost?"],
        ["call", "ask_price", {"book_id": "B1"}, {"book_id": "B2", "price": 12}],
        ["assistant", "12."],
    )
    done = reground(told, environment("desk"))
    assert json.loads(done.trajectory.messages[2].content or "") == {"book_id": "B1", "price": 12}
    assert done.marks == ()


def test_a_sentence_with_other_evidence_rests_on_nothing_replaced() -> None:
    told = conversation(
        ["user", "Is Ada 35?"],
        ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 35}],
        ["assistant", "Yes, 35. Her number is M1."],
    )
    done = reground(told, environment("desk"))
    assert [r.path for r in done.replaced] == ["$.age"]
    assert done.marks == ()
