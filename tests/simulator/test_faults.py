"""Injected faults: what the recording declares is expected, what it does not declare is a mismatch."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim import Message, Session, ToolCall, Trajectory, replay, verify
from gem_sim.errors import InputError
from gem_sim.simulator.faults import KEY, KINDS, FaultyRun, declaration, part_of
from tests.conftest import environment

CALLS = (
    ("find_member", {"card_number": "AL-46585"}),
    ("list_charges", {"member_id": "M1003"}),
    ("pay_charge", {"charge_id": "F702", "amount_cents": 240}),
    ("list_charges", {"member_id": "M1003"}),
    ("borrow_copy", {"member_id": "M1003", "copy_id": "C1026"}),
    ("list_loans", {"member_id": "M1003"}),
    ("search_catalogue", {"text": "the"}),
)


def recorded(rate: float, seed: int, *, declare: bool = True, kinds: tuple[str, ...] = KINDS) -> Trajectory:
    """Record the calls under faults."""
    run = FaultyRun(Session(environment("library")), rate=rate, seed=seed, kinds=kinds)  # type: ignore[arg-type]
    messages = [Message(role="user", content="Ruairí Keane, card AL-46585; C1026, F702, 240 cents; the."), *talk(run)]
    if not declare:
        messages = [message.model_copy(update={"extra": {}}) for message in messages]
    return Trajectory(id="faulty", messages=tuple(messages))


def talk(run: FaultyRun) -> list[Message]:
    messages = []
    for number, (tool, arguments) in enumerate(CALLS, start=1):
        call = ToolCall(id=f"call_{number}", tool=tool, arguments=arguments)
        content = json.dumps(run.call(call).content)
        extra = {} if run.fault is None else {KEY: declaration(run.fault)}
        messages.append(Message(role="assistant", tool_calls=(call,)))
        messages.append(Message(role="tool", tool_call_id=call.id, name=tool, content=content, extra=extra))
    return messages


def faults_in(trajectory: Trajectory) -> list[str]:
    return [message.extra[KEY]["kind"] for message in trajectory.messages if KEY in message.extra]


def untrue(trajectory: Trajectory) -> set[str]:
    """Return the codes of findings that say that execution does not bear the recording out."""
    codes = {finding.code for finding in verify(replay(trajectory, environment("library"))).findings}
    return codes & {"result.mismatch", "result.refused", "result.accepted", "schema.result"}


@given(st.integers(0, 10**6))
def test_at_rate_0_nothing_changes(seed: int) -> None:
    session = Session(environment("library"))
    bare = [session.call(ToolCall(id=f"call_{n}", tool=t, arguments=a)).content for n, (t, a) in enumerate(CALLS, 1)]
    messages = recorded(0, seed).messages
    assert [message.content for message in messages if message.role == "tool"] == [json.dumps(one) for one in bare]
    assert not faults_in(recorded(0, seed))


@given(st.integers(0, 10**6), st.sampled_from((0.2, 0.5, 1.0)))
def test_the_same_seed_gives_the_same_faults(seed: int, rate: float) -> None:
    assert recorded(rate, seed) == recorded(rate, seed)


@given(st.integers(0, 10**6), st.sampled_from((0.2, 0.5, 1.0)))
def test_declared_faults_are_expected(seed: int, rate: float) -> None:
    assert untrue(recorded(rate, seed)) == set()


@given(st.integers(0, 10**6))
def test_the_recording_says_which_answers_are_faulty_and_the_replay_too(seed: int) -> None:
    trajectory = recorded(0.5, seed)
    replayed = replay(trajectory, environment("library"))
    assert [call.fault for call in replayed.calls if call.fault] == faults_in(trajectory)
    warned = [one for one in verify(replayed).findings if one.code == "result.declared_fault"]
    assert {one.severity for one in warned} <= {"warning"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_that_is_not_declared_is_found(kind: str) -> None:
    seed = next(seed for seed in range(50) if faults_in(recorded(0.4, seed, kinds=(kind,))))
    assert untrue(recorded(0.4, seed, kinds=(kind,), declare=False))


def test_every_kind_occurs() -> None:
    assert {kind for seed in range(20) for kind in faults_in(recorded(0.5, seed))} == set(KINDS)


def test_a_call_that_failed_leaves_the_state_as_it_was() -> None:
    session = Session(environment("library"))
    run = FaultyRun(session, rate=1, kinds=("timeout",))
    before = session.digest
    result = run.call(ToolCall(id="c", tool="pay_charge", arguments={"charge_id": "F702", "amount_cents": 240}))
    assert result.is_error
    assert session.digest == before


def test_a_declared_failure_that_took_effect_all_the_same_is_found() -> None:
    messages = list(recorded(0, 0).messages)
    place = next(i for i, one in enumerate(messages) if one.name == "pay_charge")
    content = json.dumps({"error": "The call timed out."})
    messages[place] = messages[place].model_copy(update={"content": content, "extra": {KEY: declaration("timeout")}})
    # The charge is no longer listed as open afterwards, so it was paid.
    assert untrue(Trajectory(id="faulty", messages=tuple(messages)))


def test_a_success_cannot_be_declared_a_failure() -> None:
    messages = [
        one.model_copy(update={"extra": {KEY: declaration("error")}}) if one.name == "find_member" else one
        for one in recorded(0, 0).messages
    ]
    assert "result.refused" in untrue(Trajectory(id="faulty", messages=tuple(messages)))


def test_a_write_cannot_be_declared_partial() -> None:
    cut = {"content": "{}", "extra": {KEY: declaration("partial")}}
    messages = [one.model_copy(update=cut) if one.name == "pay_charge" else one for one in recorded(0, 0).messages]
    assert untrue(Trajectory(id="faulty", messages=tuple(messages)))


def test_a_foreign_key_of_that_name_is_no_declaration() -> None:
    messages = [
        one.model_copy(update={"extra": {KEY: value}})
        for one, value in zip(recorded(0, 0).messages, ["a", None, {"kind": 3}, {}, [], 1] * 9, strict=False)
    ]
    found = verify(replay(Trajectory(id="faulty", messages=tuple(messages)), environment("library"))).findings
    assert not [finding for finding in found if finding.code.startswith("result.")]


@pytest.mark.parametrize("kind", ["flood", "partial"])
def test_a_declared_fault_that_there_is_not_is_told_of(kind: str) -> None:
    cut = {"extra": {KEY: {"kind": kind}}}
    messages = [one.model_copy(update=cut) if one.name == "pay_charge" else one for one in recorded(0, 0).messages]
    verdict = verify(replay(Trajectory(id="faulty", messages=tuple(messages)), environment("library")))
    (finding,) = [finding for finding in verdict.findings if finding.code == "result.declared_fault"]
    assert (finding.severity, finding.tool) == ("warning", "pay_charge")
    assert f'"{kind}"' in finding.message
    assert all(known in finding.message for known in KINDS)


def test_a_fork_goes_wrong_as_the_run_does() -> None:
    run = FaultyRun(Session(environment("library")), rate=0.5, seed=3)
    talk(run)
    twin = run.fork()
    assert talk(run) == talk(twin)


@given(st.integers(0, 10**6), st.integers(0, len(CALLS)))
def test_rolled_back_calls_go_the_same_way_again(seed: int, calls: int) -> None:
    run = FaultyRun(Session(environment("library")), rate=0.5, seed=seed)
    once = talk(run)
    run.rollback(calls)
    again = [
        run.call(ToolCall(id="c", tool=tool, arguments=arguments)).content
        for tool, arguments in CALLS[len(CALLS) - calls :]
    ]
    answers = [message.content for message in once if message.role == "tool"]
    assert [json.dumps(one) for one in again] == answers[len(CALLS) - calls :]
    with pytest.raises(InputError, match="roll back"):
        run.rollback(len(CALLS) + 1)


def test_a_part_has_half_of_each_list_or_a_field_less() -> None:
    assert part_of({"n": 3, "rows": [1, 2, 3]}) == {"n": 3, "rows": [1, 2]}
    assert part_of({"n": 3, "rows": [1]}) == {"n": 3}
    assert part_of("text") == "text"


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_is_from_0_to_1(rate: float) -> None:
    with pytest.raises(InputError, match="from 0 to 1"):
        FaultyRun(Session(environment("library")), rate=rate)
