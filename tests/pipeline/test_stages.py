"""The stages one by one from the command line, and what a person sees of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import gem_sim
from gem_sim.cli import run
from gem_sim.environment import Environment
from gem_sim.pipeline.draft import Draft
from gem_sim.pipeline.ledger import Ledger
from tests.cli.test_progress import watched
from tests.conftest import CASES
from tests.pipeline.endpoint import serving
from tests.pipeline.test_offline import files

TEXTS = CASES / "pipeline" / "texts.jsonl"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with refined twins, made by one command."""
    workspace = tmp_path_factory.mktemp("once") / "workspace"
    assert run(["synthesize", str(TEXTS), "--out", str(workspace)]) == 0
    return workspace


def test_stage_by_stage_gives_what_all_at_once_gives(once: Path, tmp_path: Path) -> None:
    steps = str(tmp_path / "steps")
    assert run(["extract", str(TEXTS), "--out", steps]) == 0
    assert not (tmp_path / "steps" / "environments").exists()
    assert run(["ground", steps]) == 0
    assert not (tmp_path / "steps" / "environments").exists()
    assert run(["validate", steps]) == 0
    assert files(tmp_path / "steps") == files(once)


def test_a_refined_twin_is_harder_and_passes_and_no_refine_leaves_it_out(once: Path, tmp_path: Path) -> None:
    assert run(["synthesize", str(TEXTS), "--out", str(tmp_path), "--no-refine"]) == 0
    plain = [len(lines(path)) for path in sorted(tmp_path.glob("environments/*/trajectories.jsonl"))]
    both = [lines(path) for path in sorted(once.glob("environments/*/trajectories.jsonl"))]
    assert [len(rows) for rows in both] == [2 * number for number in plain]
    for folder in (once / "environments").iterdir():
        found = {t.id: t for t in gem_sim.read_trajectories(folder / "trajectories.jsonl")}
        twins = [name for name in found if name.endswith("-harder")]
        assert all(len(found[name].messages) > len(found[name.removesuffix("-harder")].messages) for name in twins)
        environment = gem_sim.load_environment(folder)
        assert {gem_sim.verify(gem_sim.replay(found[name], environment)).verdict for name in twins} == {"pass"}


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_json_says_what_was_kept_and_why_the_rest_was_not(once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    run(["synthesize", str(TEXTS), "--out", str(once), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["stages"]["filter"]["outcomes"] == {"kept": 3, "rejected": 1}
    assert said["stages"]["filter"]["reasons"] == {"not a procedure": 1}
    assert said["stages"]["validate"]["outcomes"] == {"kept": 3}
    assert said["stages"]["refine"]["attempts"] > 3
    assert said["worked"] == 0


def test_a_person_sees_a_bar_for_each_stage_and_the_table_at_the_end(tmp_path: Path) -> None:
    out, shown = watched("synthesize", TEXTS, "--out", tmp_path, "--no-refine")
    assert "extract" in shown and "validate" in shown
    assert "\x1b" not in out
    assert "nothing was left to do" not in out
    assert out.splitlines()[0].split()[:3] == ["stage", "kept", "rejected"]


def test_another_way_of_grounding_extracts_nothing_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    with serving() as endpoint:
        model = ["--model", "fake", "--base-url", endpoint.base_url]
        assert run(["extract", str(TEXTS), "--out", str(tmp_path), *model]) == 0
        asked = endpoint.requests.total()
        assert run(["ground", str(tmp_path), *model, "--grounding", "single"]) == 0
        assert endpoint.requests.total() == asked + 3


def test_a_model_is_asked_for_as_many_conversations_as_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    asked: list[str] = []
    with serving(lambda name, _before, text: asked.append(text) if name == "ground" else None) as endpoint:
        model = ["--model", "fake", "--base-url", endpoint.base_url, "--grounding", "single"]
        assert run(["extract", str(TEXTS), "--out", str(tmp_path)]) == 0
        assert run(["ground", str(tmp_path), *model]) == 0
        assert run(["ground", str(tmp_path), *model, "--conversations", "5"]) == 0
    assert ["Write 3 conversations" in text for text in asked] == [True] * 3 + [False] * 3
    assert ["Write 5 conversations" in text for text in asked] == [False] * 3 + [True] * 3


def told(workspace: Path) -> list[tuple[str, str]]:
    with Ledger(workspace) as ledger:
        return [(stage, attempt.model) for name in ledger.kept("filter") for stage, attempt in ledger.attempts(name)]


def test_what_another_teacher_did_before_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model grounds in the environments that rules made, and what a model was paid for is not done anew by rules."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    mixed, whole = tmp_path / "mixed", tmp_path / "whole"
    with serving() as endpoint:
        model = ["--model", "fake", "--base-url", endpoint.base_url, "--grounding", "single"]
        assert run(["extract", str(TEXTS), "--out", str(mixed)]) == 0
        assert run(["ground", str(mixed), *model]) == 0
        assert set(told(mixed)) == {("extract", "offline"), ("ground", "fake")}
        asked = endpoint.requests.total()
        assert run(["validate", str(mixed), "--no-refine"]) == 0
        assert endpoint.requests.total() == asked
        before = told(mixed)
        assert run(["validate", str(mixed), "--no-refine"]) == 0
        assert told(mixed) == before
        # From the start by the model: what it wrote for the environments of the rules is not for its own.
        for out in (mixed, whole):
            assert run(["synthesize", str(TEXTS), "--out", str(out), *model, "--no-refine"]) == 0
    made = {name: data for name, data in files(whole).items() if name.startswith("environments")}
    assert made
    assert made.items() <= files(mixed).items()


def test_bodies_of_a_model_are_not_trusted_by_who_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    module = sys.modules["gem_sim.pipeline.synthesize"]
    trust: list[bool] = []
    load = module.load

    def watching(workspace: Path, draft: Draft, *, trusted: bool) -> Environment:
        trust.append(trusted)
        return load(workspace, draft, trusted=trusted)

    monkeypatch.setattr(module, "load", watching)
    out = ["--out", str(tmp_path)]
    with serving() as endpoint:
        assert run(["extract", str(TEXTS), *out, "--model", "fake", "--base-url", endpoint.base_url]) == 0
    assert run(["ground", str(tmp_path)]) == 0
    assert run(["validate", str(tmp_path), "--no-refine"]) == 0
    assert len(trust) > 6
    assert not any(trust)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["ground", "nowhere"], "nowhere: the folder has no ledger.sqlite; write it with gem-sim extract"),
        (["synthesize", "no.jsonl", "--out", "o"], "no.jsonl: the file cannot be read: no such file or directory"),
        (["synthesize", "x", "--out", "o", "--model", "m", "--prices", "a"], "no prices: 'a'; write two numbers"),
        (["synthesize", "x", "--out", "o", "--model", "m", "--grounding", "a"], "unknown way of grounding 'a'"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    arguments: list[str], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    assert capsys.readouterr().err.startswith(f"gem-sim: {line}")
