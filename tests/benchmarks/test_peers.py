"""BFCL's and τ²-bench's gold calls, where their packages are installed: every one replayed, every verdict a pass."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

import gem_sim
from gem_sim.adapters import bfcl, tau2, tau2_telecom
from gem_sim.errors import InputError
from gem_sim.simulator.session import open_session
from gem_sim.verifier import goal, result, schema

JUDGED = (schema.unknown_tool, schema.argument, schema.result, result.outcome, result.mismatch, goal.end)


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


needs_bfcl = pytest.mark.skipif(not _installed("bfcl_eval"), reason="bfcl-eval is not installed (benchmarks/README.md)")
needs_tau2 = pytest.mark.skipif(
    not _installed("inspect_evals"), reason="inspect-evals is not installed (benchmarks/README.md)"
)


@pytest.fixture(scope="module")
def gold() -> Any:
    return bfcl.load(("base", "long_context"))


@needs_bfcl
def test_gold_calls_of_bfcl_are_borne_out_and_end_as_bfcl_ends(gold: Any) -> None:
    environment, recordings = gold
    assert len(recordings) == 400
    replays = [gem_sim.replay(recording.trajectory, environment) for recording in recordings]
    assert [gem_sim.verify(replayed, JUDGED).verdict for replayed in replays] == ["pass"] * 400
    assert all(call.has_answer for replayed in replays for call in replayed.calls)


@needs_bfcl
def test_a_wrong_answer_and_a_call_left_out_are_found(gold: Any) -> None:
    environment, recordings = gold
    recording = next(r for r in recordings if r.task.end and len(list(r.trajectory.calls())) > 2)
    messages = list(recording.trajectory.messages)
    index = next(n for n, message in enumerate(messages) if message.role == "tool")
    messages[index] = messages[index].model_copy(update={"content": '{"made": "up"}'})
    changed = recording.trajectory.model_copy(update={"messages": tuple(messages)})
    assert "result.mismatch" in {f.code for f in gem_sim.verify(gem_sim.replay(changed, environment), JUDGED).findings}
    idle = recording.trajectory.model_copy(update={"messages": messages[:1]})
    assert {f.code for f in gem_sim.verify(gem_sim.replay(idle, environment), JUDGED).findings} == {"goal.unmet"}


@needs_bfcl
def test_every_state_on_the_way_is_at_hand(gold: Any) -> None:
    environment, recordings = gold
    for recording in recordings[:40]:
        run = open_session(environment, task=recording.task)
        digests = [run.state.digest]
        for placed in recording.trajectory.calls():
            run.call(placed.call)
            digests.append(run.state.digest)
        replayed = gem_sim.replay(recording.trajectory, environment)
        assert [replayed.start.digest, *(call.after.digest for call in replayed.calls)] == digests


def test_a_gold_call_is_read_and_never_run() -> None:
    call = bfcl.read_call("sort(file_name='a', flags=[1, -2.5, {'b': None}])", {}, id="c")
    assert (call.tool, call.arguments) == ("sort", {"file_name": "a", "flags": [1, -2.5, {"b": None}]})
    for text in ("f(g())", "f(x)", "a.f(1)", "f(1); g(2)", "f(", "1", "f('a' * 9)", "f(b'x')"):
        with pytest.raises(InputError):
            bfcl.read_call(text, {}, id="c")


@needs_tau2
@pytest.mark.parametrize(("name", "tasks", "failing"), [("retail", 114, 18), ("airline", 50, 0)])
def test_gold_actions_of_tau2_are_borne_out_and_failing_ones_fail(name: str, tasks: int, failing: int) -> None:
    environment, recordings, domain = tau2.load(name)
    assert len(recordings) == tasks
    replays = [gem_sim.replay(recording.trajectory, environment) for recording in recordings]
    assert [gem_sim.verify(replayed, JUDGED).verdict for replayed in replays] == ["pass"] * tasks
    assert sum(any(call.result.is_error for call in replayed.calls) for replayed in replays) == failing
    start = type(domain.database).model_validate(environment.state.to_json())
    assert start.get_hash() == domain.database.get_hash()


@needs_tau2
def test_gold_actions_of_telecom_are_borne_out_on_both_sides() -> None:
    environment, recordings = tau2_telecom.load()
    replays = [gem_sim.replay(recording.trajectory, environment) for recording in recordings]
    assert [gem_sim.verify(replayed, JUDGED).verdict for replayed in replays] == ["pass"] * 114
    sides = {action.requestor for recording in recordings for action in recording.actions}
    assert sides == {"user", "assistant"}
    unchanged = [replayed for replayed in replays if replayed.calls and replayed.start.digest == replayed.end.digest]
    handed_on = {call.placed.call.tool for replayed in unchanged for call in replayed.calls}
    assert handed_on == {"transfer_to_human_agents"}
