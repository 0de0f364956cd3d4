"""A teacher's labels of the texts: asked for where wanted, kept in ledger, rows and card, and never made up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gem_sim.cli import run
from gem_sim.pipeline.export import export
from gem_sim.pipeline.labels import DOMAINS, PLATFORMS, TASK_CATEGORIES
from gem_sim.pipeline.ledger import Ledger
from gem_sim.pipeline.llm import Client
from gem_sim.pipeline.offline.teacher import Offline
from gem_sim.pipeline.prompts import load_prompt
from gem_sim.pipeline.synthesize import synthesize
from gem_sim.pipeline.teacher import Model
from gem_sim.pipeline.teaching import Item, ModelFault
from gem_sim.simulator.schema import schema_problem
from tests.conftest import CASES
from tests.pipeline.endpoint import LABELS, Endpoint, serving
from tests.pipeline.exported import rows_of

KEYS = ("platform", "domains", "task_category")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serving() as made:
        yield made


def answering(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint, labels: dict[str, Any]) -> None:
    """Let the endpoint answer requests for labels with these."""
    honest = endpoint._reply
    monkeypatch.setattr(endpoint, "_reply", lambda name, turns: labels if name == "label" else honest(name, turns))


def one_text(folder: Path) -> Path:
    """Write the first text of the cases to a file of its own."""
    path = folder / "texts.jsonl"
    path.write_text((CASES / "pipeline" / "texts.jsonl").read_text().splitlines()[0] + "\n")
    return path


def labelled(folder: Path, endpoint: Endpoint, last: str = "validate") -> Path:
    """Take one text through the stages with labels by the endpoint; return the workspace."""
    with Ledger(folder / "workspace") as ledger:
        teacher = Model(Client("fake", ledger, base_url=endpoint.base_url), "single")
        synthesize([one_text(folder)], folder / "workspace", teacher, ledger=ledger, labels=True, last=last)
    return folder / "workspace"


def asked_of(text: str) -> str:
    """Return what a model is asked that labels a text."""
    said: list[str] = []

    class Silent:
        model = "silent"

        async def ask(self, _prompt: object, turns: list[dict[str, str]], _log: object) -> None:
            said.append(turns[0]["content"])
            raise ModelFault("refused", "no")

    asyncio.run(Model(Silent()).label(Item("a", text, "", "")))  # type: ignore[arg-type]
    return said[0]


def outcome(workspace: Path, stage: str) -> list[tuple[str, str]]:
    with Ledger(workspace) as ledger:
        return [(what, reason) for _, found, what, reason in ledger.outcomes() if found == stage]


def test_the_labels_are_in_ledger_rows_and_card(endpoint: Endpoint, tmp_path: Path) -> None:
    workspace = labelled(tmp_path, endpoint)
    with Ledger(workspace) as ledger:
        assert list(ledger.results("label").values()) == [LABELS]
    exported = export(workspace, tmp_path / "out")
    wanted = ["computer", "jobs_and_education,internet_and_telecom", "calendar_management"]
    assert exported.rows
    assert [[row[key] for key in KEYS] for row in rows_of(tmp_path / "out")] == [wanted] * exported.rows
    card = (tmp_path / "out" / "README.md").read_text()
    assert f"| calendar_management | {exported.rows} |" in card
    assert f"| internet_and_telecom | {exported.rows} |" in card


def test_the_offline_teacher_has_none_and_makes_none_up(tmp_path: Path) -> None:
    synthesize([one_text(tmp_path)], tmp_path / "workspace", Offline(), labels=True)
    assert outcome(tmp_path / "workspace", "label") == [("kept", "the offline teacher has no labels")]
    export(tmp_path / "workspace", tmp_path / "out")
    assert {row[key] for row in rows_of(tmp_path / "out") for key in KEYS} == {None}
    assert "not labelled" in (tmp_path / "out" / "README.md").read_text()


def test_without_being_asked_nobody_is_asked(tmp_path: Path) -> None:
    synthesize([one_text(tmp_path)], tmp_path / "workspace", Offline())
    assert outcome(tmp_path / "workspace", "label") == []


def test_what_is_no_procedure_for_the_teacher_goes_no_further(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, endpoint, {**LABELS, "procedural": False})
    workspace = labelled(tmp_path, endpoint)
    assert outcome(workspace, "label") == [("rejected", "no procedure, says the teacher")]
    assert outcome(workspace, "extract") == []


def test_a_label_that_is_not_on_the_list_goes_back_and_costs_the_text_nothing(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, endpoint, {**LABELS, "platform": "toaster"})
    workspace = labelled(tmp_path, endpoint, last="extract")
    ((what, reason),) = outcome(workspace, "label")
    assert what == "kept"
    assert reason.startswith("no labels: malformed")
    assert outcome(workspace, "extract") == [("kept", "")]
    with Ledger(workspace) as ledger:
        asked = [attempt.outcome for stage, attempt in ledger.attempts(*ledger.kept("filter")) if stage == "label"]
        assert asked == ["malformed"] * 3
        assert ledger.results("label") == {}


@pytest.mark.parametrize(
    "wrong",
    [{"domains": []}, {"domains": ["cooking"]}, {"task_category": None}, {"procedural": "yes"}, {"mood": "good"}],
)
def test_the_shape_of_labels_is_strict(wrong: dict[str, Any]) -> None:
    schema = load_prompt("label").schema
    assert schema_problem(schema, LABELS) is None
    assert schema_problem(schema, {**LABELS, **wrong}) is not None


def test_the_prompt_tells_every_label_there_is() -> None:
    told = asked_of("x")
    for word in (*PLATFORMS, *DOMAINS, *TASK_CATEGORIES):
        assert word in told


def test_the_command_takes_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["synthesize", str(one_text(tmp_path)), "--out", str(tmp_path / "out"), "--labels", "--no-refine", "--json"]
    assert run(asked) == 0
    assert json.loads(capsys.readouterr().out)["stages"]["label"]["outcomes"] == {"kept": 1}
