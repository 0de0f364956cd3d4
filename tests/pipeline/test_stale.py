"""A workspace says what stands: what was rejected since, or made of something else, is gone from ledger and folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gem_sim.cli import run
from gem_sim.pipeline.export import export
from gem_sim.pipeline.ledger import Ledger
from tests.conftest import CASES, ROOT
from tests.pipeline.endpoint import Endpoint, serving

TEXTS = CASES / "pipeline" / "texts.jsonl"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    with serving() as made:
        yield made


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """One text's environment by rules, with verified conversations."""
    text = tmp_path / "texts.jsonl"
    text.write_text(TEXTS.read_text().splitlines(keepends=True)[0])
    assert run(["synthesize", str(text), "--out", str(tmp_path / "workspace"), "--no-refine"]) == 0
    return tmp_path / "workspace"


def model(endpoint: Endpoint, name: str = "fake") -> list[str]:
    return ["--model", name, "--base-url", endpoint.base_url]


def talks(workspace: Path) -> dict[str, int]:
    with Ledger(workspace) as ledger:
        return next((total.outcomes for total in ledger.totals() if total.stage == "trajectory"), {})


def ids(workspace: Path) -> list[str]:
    paths = sorted(workspace.glob("environments/*/trajectories.jsonl"))
    return [json.loads(line)["id"] for path in paths for line in path.read_text().splitlines()]


def answering(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint, prompt: str, change: Any) -> None:
    honest = endpoint._reply
    monkeypatch.setattr(
        endpoint, "_reply", lambda name, turns: (change if name == prompt else lambda x: x)(honest(name, turns))
    )


def test_what_the_judge_rejects_is_taken_out(
    workspace: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "environments" / "frame_shop", workspace / "environments" / "by_hand")
    before = len(ids(workspace))
    answering(monkeypatch, endpoint, "judge", lambda _: {r: {"holds": False, "why": "no"} for r in ("R1", "R2", "R3")})
    assert run(["validate", str(workspace), "--no-refine", *model(endpoint)]) == 0
    # What somebody else put there stays.
    assert [path.name for path in (workspace / "environments").iterdir()] == ["by_hand"]
    assert list((workspace / "generated_tools").iterdir()) == []
    assert talks(workspace) == {"rejected": before - 5}


def test_a_judge_that_cannot_be_asked_takes_nothing_out(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    before = ids(workspace)
    with serving(lambda *_: "server error") as endpoint:
        client = [*model(endpoint), "--timeout", "1"]
        monkeypatch.setattr("gem_sim.pipeline.llm.Limits.__new__.__defaults__", (8, None, 1, 300.0, 0.0, None))
        assert run(["validate", str(workspace), "--no-refine", *client]) == 1
    assert ids(workspace) == before


def test_conversations_of_another_environment_do_not_stand(
    workspace: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = ids(workspace)
    answering(monkeypatch, endpoint, "extract", lambda reply: {**reply, "slug": "made_anew"})
    assert run(["extract", str(tmp_path / "texts.jsonl"), "--out", str(workspace), *model(endpoint)]) == 0
    with Ledger(workspace) as ledger:
        assert not {stage for _, stage, _, _ in ledger.outcomes()} & {"ground", "validate", "trajectory"}
    # They are there until others take their place.
    assert ids(workspace) == old
    assert run(["validate", str(workspace), "--no-refine"]) == 0
    (folder,) = (workspace / "environments").iterdir()
    assert folder.name.startswith("made_anew")
    assert all(name.startswith(f"{folder.name}/") for name in ids(workspace))
    assert talks(workspace) == {"kept": len(ids(workspace))}
    assert export(workspace, tmp_path / "out").rows == len(ids(workspace))


def test_only_conversations_that_stand_are_counted(workspace: Path, endpoint: Endpoint) -> None:
    assert run(["ground", str(workspace), *model(endpoint), "--grounding", "single"]) == 0
    assert talks(workspace) == {}
    assert run(["validate", str(workspace), "--no-refine", *model(endpoint)]) == 0
    assert talks(workspace) == {"kept": len(ids(workspace))}


def test_of_a_text_that_changed_only_the_new_conversations_are_counted(workspace: Path, tmp_path: Path) -> None:
    text = tmp_path / "texts.jsonl"
    row = json.loads(text.read_text())
    text.write_text(json.dumps({**row, "text": row["text"].replace("at most 2 copies", "at most 5 copies")}) + "\n")
    assert run(["synthesize", str(text), "--out", str(workspace), "--no-refine"]) == 0
    assert len(list((workspace / "environments").iterdir())) == 1
    assert talks(workspace) == {"kept": len(ids(workspace))}


def test_what_rules_refined_is_not_refined_again_for_another_judge(workspace: Path, endpoint: Endpoint) -> None:
    def refined() -> int:
        with Ledger(workspace) as ledger:
            return next(total.attempts for total in ledger.totals() if total.stage == "refine")

    assert run(["validate", str(workspace)]) == 0
    before = refined()
    assert run(["validate", str(workspace), *model(endpoint)]) == 0
    assert refined() == before
