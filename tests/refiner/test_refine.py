"""The refiner's promises: what it keeps passes and keeps what the rewrite promised; what breaks it is rolled back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

import pytest

import gem_sim
from gem_sim.message import Message
from gem_sim.refiner import REWRITES, Rewrite, Target, complexity_of, refine
from gem_sim.refiner.refine import judged
from gem_sim.refiner.scene import Draft, Scene, asks, says, user
from gem_sim.refiner.talk import _without
from gem_sim.refiner.words import phrase_of
from gem_sim.verifier.goal import holds_in
from tests.conftest import ROOT


def replays(name: str) -> list[gem_sim.Replay]:
    environment = gem_sim.load_environment(name)
    path = ROOT / "environments" / name / "trajectories.jsonl"
    return [gem_sim.replay(trajectory, environment) for trajectory in gem_sim.read_trajectories(path)]


SHOP = replays("frame_shop")
LIBRARY = replays("library")
SOME = [*SHOP, *LIBRARY[:8]]


def by_name(rewrite: str) -> Rewrite:
    return next(one for one in REWRITES if one.name == rewrite)


@pytest.mark.parametrize("original", SOME, ids=lambda replayed: replayed.trajectory.id)
def test_a_refined_trajectory_passes_and_still_does_what_the_task_asks(original: gem_sim.Replay) -> None:
    done = refine(original)
    again = gem_sim.replay(done.trajectory, original.environment, task=done.task)
    assert gem_sim.verify(again).verdict == "pass"
    assert done.kept
    assert original.task is not None
    assert all(holds_in(wanted, again.end) for wanted in original.task.expect if wanted.table is not None)
    assert done.after.messages > done.before.messages
    assert done.after.calls >= done.before.calls


def test_the_mean_grows_by_the_factors_of_the_paper() -> None:
    done = [refine(original) for original in LIBRARY[:10]]
    for figure, factor in Target()._asdict().items():
        grown = [getattr(one.after, figure) / getattr(one.before, figure) for one in done]
        assert sum(grown) / len(grown) >= factor, figure
    assert {name for one in done for name in one.kept} == {rewrite.name for rewrite in REWRITES} - {"distractor_tools"}


def test_the_same_seed_makes_the_same_and_another_makes_another() -> None:
    original = LIBRARY[0]
    assert refine(original, seed=3) == refine(original, seed=3)
    assert refine(original, seed=3).trajectory != refine(original, seed=4).trajectory


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.name)
def test_each_rewrite_keeps_its_promise_where_it_is_kept(rewrite: Rewrite) -> None:
    pool = list(SHOP[0].environment.tools.values())
    kept = 0
    for original in LIBRARY[:10]:
        for number, draft in enumerate(rewrite.propose(Scene(original, pool), Random(1))):
            if number >= 6:
                break
            done, reason = judged(original, draft, rewrite.promise)
            assert (done is None) == (reason is not None)
            if done is None:
                continue
            kept += 1
            assert draft.trajectory != original.trajectory
            if rewrite.promise == "keeps":
                assert done.end.digest == original.end.digest
            else:
                assert len(done.calls) > len(original.calls)
    assert kept


def test_offered_tools_grow_and_calls_stay() -> None:
    pool = list(SHOP[0].environment.tools.values())
    done = refine(LIBRARY[0], pool=pool, rewrites=[by_name("distractor_tools")])
    assert done.kept == ("distractor_tools",)
    assert {tool.name for tool in done.trajectory.tools} > {tool.name for tool in LIBRARY[0].trajectory.tools}
    assert done.trajectory.messages == LIBRARY[0].trajectory.messages


def test_a_mistyped_value_really_fails_and_is_really_mended() -> None:
    done = refine(LIBRARY[0], rewrites=[by_name("mistyped_value")])
    again = gem_sim.replay(done.trajectory, LIBRARY[0].environment)
    assert done.kept == ("mistyped_value",)
    assert "error_recovery" in done.after.patterns
    failed = [call for call in again.calls if call.executed_error]
    assert len(failed) == 1 + sum(call.executed_error for call in LIBRARY[0].calls)
    assert failed[0].before.digest == failed[0].after.digest


def without_a_call(scene: Scene, _rng: Random) -> Iterator[Draft]:
    """Drop the last call and its answer."""
    last = scene.original.calls[-1].placed.message
    yield Draft(scene.with_messages([*scene.messages[:last], *scene.messages[last + 2 :]]), "a call is gone")


def with_another_end(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Promise to keep the end and write something."""
    yield from by_name("more_steps").propose(scene, rng)


def with_a_claim(scene: Scene, _rng: Random) -> Iterator[Draft]:
    """Let the assistant state an amount nobody has seen."""
    more = [user("And what did the last one pay?"), says("The last member paid $8,123.77.")]
    yield Draft(scene.with_messages([*scene.messages, *more]), "a claim from nowhere")


def with_an_imagined_answer(scene: Scene, _rng: Random) -> Iterator[Draft]:
    """Put in a call whose answer nobody executed."""
    call = asks(scene, "get_title", {"title_id": "T101"}, '{"title_id": "T101", "title": "Another Room"}')
    more = [user("What is T101?"), *call, says("That is Another Room.")]
    yield Draft(scene.with_messages([*scene.messages, *more]), "an imagined answer")


def undoing_it(scene: Scene, _rng: Random) -> Iterator[Draft]:
    """Bring back what the task wanted lent."""
    loans = [call for call in scene.original.calls if call.placed.call.tool == "borrow_copy" and call.succeeded]
    copy_id = str(loans[-1].placed.call.arguments["copy_id"])
    made = scene.end.fork()
    call = gem_sim.ToolCall(id="back", tool="return_copy", arguments={"copy_id": copy_id})
    content = scene.original.renaming.as_recorded(made.call(call).content, None)
    more: list[Message] = [
        user(f"I changed my mind, please take {copy_id} back."),
        *asks(scene, "return_copy", {"copy_id": copy_id}, json.dumps(content)),
        says("It is checked in."),
    ]
    yield Draft(scene.with_messages([*scene.messages, *more]), "undone")


@pytest.mark.parametrize(
    ("propose", "promise", "why"),
    [
        (without_a_call, "keeps", "a call of the original is gone"),
        (with_another_end, "keeps", "the end is another one"),
        (with_a_claim, "keeps", "claims.unsupported"),
        (with_an_imagined_answer, "extends", "result.mismatch"),
        (undoing_it, "extends", "no longer holds"),
        (by_name("noise").propose, "extends", "nothing was added"),
    ],
)
def test_a_rewrite_that_breaks_its_promise_is_rolled_back(propose: object, promise: str, why: str) -> None:
    original = LIBRARY[0]
    done = refine(original, rewrites=[Rewrite(propose, promise)], rounds=1)  # type: ignore[arg-type]
    broken = [attempt for attempt in done.attempts if attempt.rejected is not None and why in attempt.rejected]
    assert broken, done.attempts
    if not done.kept:
        assert done.trajectory is original.trajectory


def test_what_does_not_pass_is_not_refined() -> None:
    bad = next(iter(gem_sim.read_trajectories(ROOT / "environments" / "frame_shop" / "known_bad.jsonl")))
    with pytest.raises(ValueError, match="does not pass"):
        refine(gem_sim.replay(bad, SHOP[0].environment))


def test_complexity_counts_what_it_says() -> None:
    figures = complexity_of(SHOP[0])
    assert figures.messages == len(SHOP[0].trajectory.messages)
    assert figures.calls == len(list(SHOP[0].trajectory.calls()))
    assert figures.tools == len({placed.call.tool for placed in SHOP[0].trajectory.calls()})
    assert 1 <= figures.depth <= figures.calls


@pytest.mark.parametrize(
    ("text", "value", "what", "vague"),
    [
        ("Approve TS-5302 for me, please.", "TS-5302", "timesheet id", "Approve it for me, please."),
        ("Approve the timesheet TS-5302 for me.", "TS-5302", "timesheet id", "Approve the timesheet for me."),
        ("Please renew my card AL-45422 today.", "AL-45422", "card number", "Please renew my card today."),
        ("Something about TS-5302 looks odd.", "TS-5302", "timesheet id", "Something about it looks odd."),
        ("I want a book, my number is MG-101.", "MG-101", "manager id", "I want a book."),
        ("Look up all entries for TS-5302.", "TS-5302", "timesheet id", "Look up all entries."),
        ("What of my loan (L5001) is late?", "L5001", "loan id", "What of my loan is late?"),
        ("Take L5001 back.", "L5001", "loan id", None),
        ("I am back. PR-1203 and PR-1204 wait for me.", "PR-1203", "request id", None),
        ("Please buy PR-1203 and PR-1204 for me.", "PR-1204", "request id", None),
        ("Is TS-5302 approved already, by chance?", "TS-5302", "timesheet id", None),
        ("My card number is AL-45422. Please renew my loans.", "AL-45422", "card number", "Please renew my loans."),
        ("TS-5302 is wrong, please look.", "TS-5302", "timesheet id", None),
    ],
)
def test_a_request_without_its_value_is_still_a_sentence(text: str, value: str, what: str, vague: str | None) -> None:
    assert _without(text, text.index(value), value, what) == vague


def test_an_aside_is_put_in_once_where_nothing_is_lacking() -> None:
    done = refine(LIBRARY[0], target=Target(messages=1.0, tools=1.0, calls=1.0))
    assert done.kept.count("noise") == 1
    assert not {name for name in done.kept if by_name(name).promise == "extends"}


def test_a_pitfall_is_one_that_a_rule_forbids_where_there_is_one() -> None:
    rules = {rule.text.rstrip(".") for rule in LIBRARY[0].environment.rules.values()}
    quoting = 0
    for original in LIBRARY[:10]:
        drafts = [
            draft.trajectory.messages[-2].content or ""
            for draft in by_name("pitfall").propose(Scene(original), Random(1))
        ]
        quotes = [any(rule in content for rule in rules) for content in drafts]
        assert quotes == sorted(quotes, reverse=True)
        quoting += any(quotes)
    assert quoting


def test_a_description_of_which_one_word_would_be_left_gives_way_to_the_name() -> None:
    tool = gem_sim.Tool(name="get_office_hours", description="Shows where the office is and when it is open.")
    assert phrase_of(tool) == "get office hours"
    assert phrase_of(tool.model_copy(update={"description": "Shows the hours of the office."})) == (
        "show the hours of the office"
    )
