"""Passages that nobody here wrote, through every stage with a good teacher's replies, to refined trajectories."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import mean

import pytest

import gem_sim
from gem_sim.pipeline import prompts
from gem_sim.pipeline.ledger import Ledger
from gem_sim.refiner import REWRITES, Target, complexity_of
from tests.conftest import shared_data
from tests.pipeline import recorded
from tests.pipeline.recorded import chosen_rows, recorded_replies, run_recorded, twins_of


@pytest.fixture(scope="module")
def texts() -> Path:
    return shared_data("texts.jsonl")


@pytest.fixture(scope="module")
def workspace(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "any")
        return run_recorded(texts, tmp_path_factory.mktemp("recorded"))


def test_ten_passages_of_ten_domains_have_replies_that_say_who_wrote_them(texts: Path) -> None:
    rows = chosen_rows(texts)
    assert len(rows) == len(recorded_replies()) == 10
    assert len({row["domain"] for row in rows}) == 10
    assert all("by hand" in file["written_by"] for file in recorded_replies().values())


def test_each_passage_comes_through_every_stage_and_nothing_is_lost(texts: Path, workspace: Path) -> None:
    with Ledger(workspace) as ledger:
        found = {(item, stage): (outcome, reason) for item, stage, outcome, reason in ledger.outcomes()}
    stages = ("filter", "extract", "ground", "refine", "validate")
    for passage, file in recorded_replies().items():
        assert [found[passage, stage] for stage in stages] == [("kept", "")] * len(stages)
        for talk in file["replies"]["ground"]["conversations"]:
            for ending in ("single", "single-harder"):
                assert found[f"{passage}/{talk['id']}-{ending}", "trajectory"] == ("kept", "")


def test_each_environment_has_verified_trajectories_and_their_refined_twins(texts: Path, workspace: Path) -> None:
    folders = sorted((workspace / "environments").iterdir())
    assert len(folders) == len(recorded_replies())
    pairs = list(twins_of(workspace))
    assert {name for name, _, _ in pairs} == {folder.name for folder in folders}
    for _, original, harder in pairs:
        for replayed in (original, harder):
            verdict = gem_sim.verify(replayed)
            assert verdict.verdict == "pass", f"{replayed.trajectory.id}: {verdict}"
        assert len(harder.calls) > len(original.calls)


def test_refinement_reaches_the_factors_of_the_paper(workspace: Path) -> None:
    measured = [(complexity_of(original), complexity_of(harder)) for _, original, harder in twins_of(workspace)]
    for figure, factor in Target()._asdict().items():
        assert mean(getattr(after, figure) / getattr(before, figure) for before, after in measured) >= factor, figure


def test_each_kind_of_rewrite_is_kept_and_what_was_rolled_back_says_why(workspace: Path) -> None:
    kept: Counter[str] = Counter()
    with Ledger(workspace) as ledger:
        for passage in recorded_replies():
            for stage, attempt in ledger.attempts(passage):
                if stage != "refine" or not attempt.prompt:
                    continue
                kept[attempt.prompt] += attempt.outcome == "kept"
                assert attempt.outcome == "kept" or attempt.reason
    assert {name for name, number in kept.items() if number} == {rewrite.name for rewrite in REWRITES}


def test_twins_offer_tools_of_elsewhere(workspace: Path) -> None:
    offered = [
        {tool.name for tool in harder.trajectory.tools} - set(harder.environment.tools)
        for _, _, harder in twins_of(workspace)
    ]
    assert any(offered)
    for _, original, _ in twins_of(workspace):
        assert {tool.name for tool in original.trajectory.tools} == set(original.environment.tools)


def test_passages_come_through_interactively_too(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    played = {passage: file for passage, file in recorded_replies().items() if "interactive" in file["replies"]}
    assert len(played) >= 2
    workspace = run_recorded(texts, tmp_path, grounding="interactive", only=played)
    pairs = [(original, harder) for _, original, harder in twins_of(workspace)]
    goals = [name for file in played.values() for name in file["replies"]["interactive"]]
    assert sorted(str(original.trajectory.task) for original, _ in pairs) == sorted(
        f"{goal}-interactive" for goal in goals
    )
    for replayed in (one for pair in pairs for one in pair):
        assert gem_sim.verify(replayed).verdict == "pass", replayed.trajectory.id


def test_a_reply_that_does_not_hold_together_is_told_as_such(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    spoiled = recorded_replies()
    spoiled["t-dca88a7684"]["replies"]["extract"]["rules"]["R1"]["quote"] = "Mix one part of water and two of vinegar"
    monkeypatch.setattr(recorded, "recorded_replies", lambda: spoiled)
    workspace = run_recorded(texts, tmp_path, only=["t-dca88a7684"])
    with Ledger(workspace) as ledger:
        outcomes = {stage: (outcome, reason) for _, stage, outcome, reason in ledger.outcomes()}
        reasons = [attempt.reason for _, attempt in ledger.attempts("t-dca88a7684")]
    assert outcomes["extract"][0] == "failed"
    assert "a reply to extract was sent back" in outcomes["extract"][1]
    assert any("Mix one part of water" in reason for reason in reasons), reasons


def test_a_prompt_of_another_version_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = prompts.load_prompt
    monkeypatch.setattr(recorded, "load_prompt", lambda name: honest(name)._replace(version=honest(name).version + 1))
    with pytest.raises(ValueError, match=r"t-04d8fc2dc5.json answers extract@2, and the prompt is extract@3 now"):
        recorded_replies()
