"""Replay and verdicts on real and on our own trajectories."""

from __future__ import annotations

import json
import random

import pytest

from gem_sim import StubError, ToolCall, Trajectory, read_trajectories, replay, verify
from gem_sim.environment import Environment
from gem_sim.simulator import bundled_environments
from gem_sim.verifier.result import mismatch
from tests.conftest import ROOT, conversation, environment, shared_data

USER = ["user", "Please."]
DONE = ["assistant", "Done."]


def bundled(name: str, file: str = "trajectories.jsonl") -> list[Trajectory]:
    return list(read_trajectories(ROOT / "environments" / name / file))


@pytest.mark.parametrize("name", bundled_environments())
def test_bundled_trajectories_pass(name: str) -> None:
    trajectories = bundled(name)
    assert trajectories
    for trajectory in trajectories:
        verdict = verify(replay(trajectory, environment(name)))
        assert verdict.verdict == "pass", verdict
        assert verdict.calls == sum(1 for _ in trajectory.calls()) > 0
        assert trajectory.task in environment(name).tasks


@pytest.mark.parametrize("name", bundled_environments())
def test_every_task_has_a_trajectory_that_meets_it(name: str) -> None:
    assert {t.task for t in bundled(name)} == set(environment(name).tasks)


@pytest.mark.parametrize("name", bundled_environments())
def test_known_bad_trajectories_raise_their_code(name: str) -> None:
    for trajectory in bundled(name, "known_bad.jsonl"):
        verdict = verify(replay(trajectory, environment(name)))
        assert verdict.verdict == "fail", trajectory.id
        assert trajectory.extra["raises"] in {f.code for f in verdict.findings}, verdict


@pytest.mark.parametrize("name", bundled_environments())
def test_doing_nothing_passes_no_task(name: str) -> None:
    for task in environment(name).tasks.values():
        idle = conversation(["user", task.instruction], ["assistant", "I would rather not."], task=task.id)
        assert verify(replay(idle, environment(name))).verdict != "pass", task.id


def test_the_published_trajectory_parts_at_the_second_size_check() -> None:
    (published,) = read_trajectories(shared_data("gem_appendix_f.json"))
    replayed = replay(published, environment("frame_shop"))
    verdict = verify(replayed)
    assert verdict.verdict == "fail"
    first = replayed.first_divergence()
    assert first is not None
    assert first.placed.call.tool == "check_size_constraints"
    assert first.placed.call.arguments == {"frame_width": 54, "frame_height": 74, "glass_type": "non-glare"}
    agreed = [c.placed.number for c in replayed.calls if not c.differences]
    assert {1, 2, 3, 4} <= set(agreed)
    finding = next(f for f in verdict.findings if f.code.startswith("result."))
    assert (finding.code, finding.turn, finding.call, finding.path) == ("result.mismatch", 4, 5, "$.status")
    assert (finding.evidence["recorded"], finding.evidence["executed"]) == ("success", "error")
    assert any(f.code == "result.refused" and f.tool == "place_custom_order" for f in verdict.findings)


def test_recorded_ids_are_translated_in_later_calls() -> None:
    lent = {"loan_id": "X-1", "since": "2026-03-02T09:00:00Z", "message": "Lent as X-1."}
    books = {"books": [{"book_id": "B1", "title": "A Field Guide", "shelf": 3}]}
    trajectory = conversation(
        USER,
        ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 36}],
        ["call", "search_books", {"word": "guide"}, books],
        ["call", "lend_book", {"member_id": "M1", "book_id": "B1"}, lent],
        ["call", "return_book", {"loan_id": "X-1"}, {"returned": "B1"}],
        DONE,
    )
    assert verify(replay(trajectory, environment("desk"))).verdict == "pass"


@pytest.mark.parametrize("name", bundled_environments())
def test_the_seed_changes_no_verdict(name: str) -> None:
    for trajectory in bundled(name):
        outcomes = {verify(replay(trajectory, environment(name), seed=seed)).verdict for seed in range(5)}
        assert outcomes == {"pass"}


@pytest.mark.parametrize("name", bundled_environments())
def test_replaying_twice_and_in_shuffled_order_gives_the_same_bytes(name: str) -> None:
    trajectories = [*bundled(name), *bundled(name, "known_bad.jsonl")]

    def verdicts(order: list[Trajectory]) -> dict[str, str]:
        return {t.id: verify(replay(t, environment(name))).model_dump_json() for t in order}

    first = verdicts(trajectories)
    for seed in range(3):
        shuffled = random.Random(seed).sample(trajectories, len(trajectories))
        assert verdicts(shuffled) == first


def test_replay_is_idempotent() -> None:
    """A trajectory whose answers are replaced by the executed ones passes every check of the family `result`."""
    for trajectory in bundled("frame_shop", "known_bad.jsonl"):
        replayed = replay(trajectory, environment("frame_shop"))
        answers = {id(c.placed.answer): json.dumps(c.result.content) for c in replayed.calls if c.placed.answer}
        messages = tuple(
            m.model_copy(update={"content": answers[id(m)]}) if id(m) in answers else m for m in trajectory.messages
        )
        again = replay(trajectory.model_copy(update={"messages": messages}), environment("frame_shop"))
        assert again.first_divergence() is None
        assert list(mismatch(again)) == []
        assert again.end == replayed.end


@pytest.mark.parametrize("name", bundled_environments())
def test_a_flipped_comparison_in_a_stub_is_noticed(name: str) -> None:
    """Flip each `<`, `==`, `in` … of each body in turn: the bundled rows must notice, those of the library all."""
    from tests.simulator.mutants import flipped_environments

    good, known_bad = bundled(name), bundled(name, "known_bad.jsonl")

    def notices(mutant: Environment, tool: str) -> bool:
        def using(trajectories: list[Trajectory]) -> list[Trajectory]:
            return [t for t in trajectories if any(placed.call.tool == tool for placed in t.calls())]

        try:
            return any(verify(replay(t, mutant)).verdict != "pass" for t in using(good)) or any(
                t.extra["raises"] not in {f.code for f in verify(replay(t, mutant)).findings} for t in using(known_bad)
            )
        except StubError:
            return True

    noticed = {place: notices(mutant, place.split(":")[0]) for place, mutant in flipped_environments(environment(name))}
    alive = [place for place, seen in noticed.items() if not seen]
    assert len(alive) < len(noticed)
    assert len(alive) <= {"library": 0.0}.get(name, 0.5) * len(noticed), alive


def test_a_call_of_an_unknown_tool_changes_nothing() -> None:
    trajectory = conversation(USER, ["call", "fly", {}, {"ok": True}], DONE)
    replayed = replay(trajectory, environment("desk"))
    assert replayed.calls[0].executed == ToolCall(id="call_2", tool="fly", arguments={})
    assert replayed.end == replayed.start


@pytest.mark.parametrize("name", ["L5001", "M1001", ""])
def test_a_made_up_id_is_not_that_of_a_row_that_was_there(name: str) -> None:
    original = next(trajectory for trajectory in bundled("library") if trajectory.id == "lamp-room")
    messages = [
        message.model_copy(update={"content": (message.content or "").replace('"L5089"', json.dumps(name))})
        for message in original.messages
    ]
    verdict = verify(replay(original.model_copy(update={"messages": tuple(messages)}), environment("library")))
    assert "result.mismatch" in {finding.code for finding in verdict.findings}
    other = [m.model_copy(update={"content": (m.content or "").replace("L5089", "L9")}) for m in original.messages]
    assert (
        verify(replay(original.model_copy(update={"messages": tuple(other)}), environment("library"))).verdict == "pass"
    )
