"""Rewards: the end opens the purse, and nothing else does."""

from __future__ import annotations

import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim import Message, Replay, Session, Task, ToolCall, Trajectory, Verdict, read_trajectories, replay, verify
from gem_sim.adapters.rewards import (
    asks_for_nothing,
    economy,
    end_state,
    episode_reward,
    honesty,
    no_repeats,
    order,
    passes,
    progress,
    provenance,
    validity,
)
from gem_sim.task import Expectation
from tests.conftest import ROOT, environment

PARTS = (end_state, progress, order, provenance, honesty, validity, economy, no_repeats)
GOLD = {
    (name, one.id): one
    for name in ("frame_shop", "library")
    for one in read_trajectories(ROOT / "environments" / name / "trajectories.jsonl")
}
BAD = [
    (name, one)
    for name in ("frame_shop", "library")
    for one in read_trajectories(ROOT / "environments" / name / "known_bad.jsonl")
]


def judged(name: str, trajectory: Trajectory, task: Task | None = None) -> tuple[Replay, Verdict]:
    replayed = replay(trajectory, environment(name), task=task)
    return replayed, verify(replayed)


def acted(name: str, calls: list[tuple[str, dict]], task: str | Task) -> tuple[Replay, Verdict]:
    """Make calls in a task and judge them, the answers as they were."""
    where = environment(name)
    session = Session(where, task=task)
    messages = [Message(role="user", content=session.task.instruction or "Please.")]
    for number, (tool, arguments) in enumerate(calls, start=1):
        call = ToolCall(id=f"call_{number}", tool=tool, arguments=arguments)
        messages.append(Message(role="assistant", tool_calls=(call,)))
        content = json.dumps(session.call(call).content)
        messages.append(Message(role="tool", tool_call_id=call.id, name=tool, content=content))
    return judged(name, Trajectory(id="acted", messages=tuple(messages)), session.task)


@pytest.mark.parametrize(("name", "id_"), GOLD, ids=str)
def test_the_recorded_way_earns_nearly_all(name: str, id_: str) -> None:
    replayed, verdict = judged(name, GOLD[name, id_])
    reckoning = episode_reward(replayed, verdict)
    assert passes(replayed, verdict)
    assert reckoning.gate == 1.0
    assert 0.9 < reckoning.total < 1.0
    assert progress(replayed, verdict) == 1.0


@pytest.mark.parametrize("name", ["frame_shop", "library"])
def test_doing_nothing_earns_nothing(name: str) -> None:
    for task in environment(name).tasks.values():
        assert not asks_for_nothing(environment(name), task)
        replayed, verdict = acted(name, [], task)
        for part in PARTS:
            assert part(replayed, verdict) == 0.0
        assert episode_reward(replayed, verdict, gate=None).total == 0.0
        assert not passes(replayed, verdict)


@pytest.mark.parametrize(
    "task",
    [
        Task(id="no-goal"),
        Task(id="so-already", expect=(Expectation(table="copies", where={"copy_id": "C1001"}, count=1),)),
        Task(id="same-row", end={"copies": {}}),
    ],
    ids=lambda task: task.id,
)
def test_a_task_that_doing_nothing_meets_earns_nothing(task: Task) -> None:
    assert asks_for_nothing(environment("library"), task)
    replayed, verdict = acted("library", [("search_catalogue", {"text": "lamp"})], task)
    assert end_state(replayed, verdict) == 0.0
    assert episode_reward(replayed, verdict).total == 0.0
    assert not passes(replayed, verdict)


def test_what_held_at_the_start_earns_no_progress() -> None:
    # Two of the three things expected hold before the first call.
    replayed, verdict = acted("library", [("find_member", {"card_number": "AL-46585"})], "walls-and-soup")
    assert progress(replayed, verdict) == 0.0


def test_progress_is_the_share_of_what_was_to_do() -> None:
    calls = [
        ("find_member", {"card_number": "AL-46585"}),
        ("list_charges", {"member_id": "M1003"}),
        ("pay_charge", {"charge_id": "F702", "amount_cents": 240}),
    ]
    replayed, verdict = acted("library", calls, "walls-and-soup")
    assert progress(replayed, verdict) == 0.5
    assert end_state(replayed, verdict) == 0.0
    assert episode_reward(replayed, verdict).total == 0.0
    assert 0 < episode_reward(replayed, verdict, gate=progress).total < 0.5


def test_breaking_what_held_at_the_start_earns_no_progress() -> None:
    calls = [
        ("find_member", {"card_number": "AL-46585"}),
        ("list_charges", {"member_id": "M1003"}),
        ("pay_charge", {"charge_id": "F702", "amount_cents": 240}),
        ("pay_charge", {"charge_id": "F701", "amount_cents": 300}),
    ]
    replayed, verdict = acted("library", calls, "walls-and-soup")
    if replayed.calls[-1].succeeded:
        assert progress(replayed, verdict) == 0.0


@given(st.sampled_from(sorted(GOLD)), st.data())
def test_calls_more_never_pay(key: tuple[str, str], data: st.DataObject) -> None:
    name, _ = key
    gold = GOLD[key]
    before = judged(name, gold)
    number = data.draw(st.integers(1, 4))
    calls = [placed.call for placed in gold.calls()]
    # Calls of the conversation again, writes among them, with the answers that they have now.
    again = data.draw(st.lists(st.sampled_from(calls), min_size=number, max_size=number))
    after = judged(name, longer(name, gold, again))
    for part in (order, provenance, economy, no_repeats):
        assert part(*after) <= part(*before)
    assert episode_reward(*after).total < episode_reward(*before).total


def longer(name: str, gold: Trajectory, again: list[ToolCall]) -> Trajectory:
    """Return a conversation with more calls at its end."""
    session = Session(environment(name), task=gold.task)
    done = replay(gold, environment(name))
    for call in done.calls:
        session.call(call.executed)
    messages = list(gold.messages)
    for number, call in enumerate(again):
        twin = call.model_copy(update={"id": f"again_{number}", "arguments": done.renaming.executed(call.arguments)})
        messages.append(Message(role="assistant", tool_calls=(twin,)))
        content = json.dumps(session.call(twin).content)
        messages.append(Message(role="tool", tool_call_id=twin.id, name=twin.tool, content=content))
    return gold.model_copy(update={"messages": tuple(messages)})


def test_the_same_write_twice_is_told_from_two_writes() -> None:
    once = [
        ("find_member", {"name": "Declan Foyle", "birth_date": "1950-01-15"}),
        ("update_contact", {"member_id": "M1006", "email": "declan@foyle.example", "phone": "086 555 0143"}),
        ("list_loans", {"member_id": "M1006"}),
    ]
    first, second = acted("library", once, "new-address"), acted("library", [*once[:2], *once[1:]], "new-address")
    assert end_state(*first) == end_state(*second) == 1.0
    assert no_repeats(*first) == 1.0
    assert no_repeats(*second) == 0.5
    assert episode_reward(*second).total < episode_reward(*first).total


@pytest.mark.parametrize(("name", "bad"), BAD, ids=lambda value: getattr(value, "id", value))
def test_a_known_bad_conversation_does_not_pass(name: str, bad: Trajectory) -> None:
    assert not passes(*judged(name, bad))


@pytest.mark.parametrize(("name", "bad"), BAD, ids=lambda value: getattr(value, "id", value))
def test_an_untrue_recording_earns_nothing(name: str, bad: Trajectory) -> None:
    replayed, verdict = judged(name, bad)
    if any(one.code in ("result.mismatch", "result.refused", "result.accepted") for one in verdict.findings):
        assert episode_reward(replayed, verdict).total == 0.0
        assert episode_reward(replayed, verdict, gate=progress).total == 0.0


def test_parts_can_be_chosen_and_weighted() -> None:
    replayed, verdict = judged("library", GOLD["library", "lamp-room"])
    calls = len(replayed.calls)
    reckoning = episode_reward(replayed, verdict, parts=[(end_state, 3), (partial(economy, budget=10), 1)])
    assert reckoning.parts == {"end_state": 1.0, "economy": 1 - calls / 10}
    assert reckoning.total == pytest.approx((3 + 1 - calls / 10) / 4)


@pytest.mark.parametrize("weights", [[(end_state, 0)], [(end_state, 2), (order, -1)], []])
def test_weights_without_a_meaning_are_refused(weights: list) -> None:
    with pytest.raises(ValueError, match="weight"):
        episode_reward(*judged("library", GOLD["library", "lamp-room"]), parts=weights)


def test_a_reward_tells_nothing_of_the_end_that_is_expected() -> None:
    replayed, verdict = acted("library", [("find_member", {"card_number": "AL-46585"})], "walls-and-soup")
    said = repr(episode_reward(replayed, verdict))
    assert "F702" not in said
    assert "C1026" not in said
