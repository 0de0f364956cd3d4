"""Text in, verified trajectories out, without a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gem_sim
from gem_sim.pipeline.ledger import Ledger
from gem_sim.pipeline.offline.environment import extract
from gem_sim.pipeline.offline.figures import figures
from gem_sim.pipeline.offline.procedure import NoProcedure, procedure_of
from gem_sim.pipeline.offline.teacher import Offline
from gem_sim.pipeline.synthesize import synthesize
from tests.conftest import CASES, shared_data

TEXTS = CASES / "pipeline" / "texts.jsonl"


def text(name: str) -> str:
    rows = [json.loads(line) for line in TEXTS.read_text().splitlines()]
    return str(next(row["text"] for row in rows if row["id"] == name))


def files(folder: Path) -> dict[str, bytes]:
    """Return what a run wrote, by path; the ledger knows times, so it is apart."""
    parts = ("environments", "generated_tools")
    found = [path for part in parts for path in (folder / part).rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_tools_are_named_by_verb_and_object_in_the_order_of_the_text() -> None:
    names = [step.name for step in procedure_of(text("parcel")).steps]
    assert names[:3] == ["find_order", "check_delivery_date", "create_return_label"]
    assert "send_confirmation_email" in names


def test_what_is_clicked_names_the_tool() -> None:
    assert "reserve_room" in [step.name for step in procedure_of(text("room")).steps]


def test_every_quote_is_in_the_text_and_every_limit_is_enforced() -> None:
    procedure, draft = extract(text("parcel"))
    limit = next(rule for rule in procedure.rules.values() if rule.kind == "limit")
    assert limit.quote is not None and limit.quote in text("parcel")
    name, constant = next((n, c) for n, c in procedure.constants.items() if n.startswith("MAX"))
    assert constant.value == 2
    assert any(name in line for tool in draft.environment["tools"] for line in tool["body"] if "require" in line)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("Wait up to 30 minutes.", [(30, "most")]),
        ("Enter at most 3 files.", [(3, "most")]),
        ("Keep at least two copies.", [(2, "least")]),
        ("Heat it for 5 minutes.", [(5, "exact")]),
        ("Wait 30 to 60 minutes.", []),
        ("Keep two or 3 copies.", []),
    ],
)
def test_figures_bound_or_measure_and_ranges_do_neither(text: str, bounds: list[tuple[int, str]]) -> None:
    assert [(figure.value, figure.bound) for figure in figures(text)] == bounds


def test_a_condition_decides_whether_a_step_applies() -> None:
    procedure = procedure_of(text("room"))
    step = next(step for step in procedure.steps if step.flag is not None)
    assert step.name == "order_catering"
    assert procedure.rules[step.flag_rule or ""].kind == "conditional"


def test_a_step_waits_for_the_one_before() -> None:
    steps = {step.name: step for step in procedure_of(text("badge")).steps}
    assert steps["print_badge"].after
    assert all(steps["print_badge"].needs)


def test_a_text_without_steps_is_refused_with_the_reason() -> None:
    with pytest.raises(NoProcedure, match="steps"):
        procedure_of(text("river"))


@given(st.text(max_size=400))
def test_any_text_gives_a_procedure_or_a_reason(anything: str) -> None:
    try:
        procedure = procedure_of(anything)
    except NoProcedure:
        return
    assert len({step.name for step in procedure.steps}) == len(procedure.steps) >= 2


def test_a_run_writes_verified_trajectories_and_says_why_the_rest_was_rejected(tmp_path: Path) -> None:
    run = synthesize([TEXTS], tmp_path, Offline())
    assert run.worked
    folders = sorted((tmp_path / "environments").iterdir())
    assert len(folders) == 3
    for folder in folders:
        environment = gem_sim.load_environment(folder)
        trajectories = list(gem_sim.read_trajectories(folder / "trajectories.jsonl"))
        assert trajectories
        for trajectory in trajectories:
            assert gem_sim.verify(gem_sim.replay(trajectory, environment)).verdict == "pass"
    with Ledger(tmp_path) as ledger:
        rejected = [
            (item, stage, reason) for item, stage, outcome, reason in ledger.outcomes() if outcome == "rejected"
        ]
    assert rejected == [("river", "filter", "not a procedure")]
    assert not (tmp_path / ".drafts").exists()


def test_a_second_run_does_nothing_and_another_workspace_gets_the_same_bytes(tmp_path: Path) -> None:
    synthesize([TEXTS], tmp_path / "one", Offline())
    before = files(tmp_path / "one")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "one" / "environments").rglob("*")}
    assert synthesize([TEXTS], tmp_path / "one", Offline()).worked == 0
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "one" / "environments").rglob("*")}
    synthesize([TEXTS], tmp_path / "two", Offline())
    assert files(tmp_path / "two") == before == files(tmp_path / "one")


def test_texts_added_later_are_all_that_is_worked_on(tmp_path: Path) -> None:
    rows = TEXTS.read_text().splitlines(keepends=True)
    given_texts = tmp_path / "texts.jsonl"
    given_texts.write_text(rows[0])
    synthesize([given_texts], tmp_path / "out", Offline())
    given_texts.write_text("".join(rows[:2]))
    # One more text: filter, extract, ground, validate.
    assert synthesize([given_texts], tmp_path / "out", Offline()).worked == 4


def test_a_text_that_changed_is_worked_on_again(tmp_path: Path) -> None:
    row = json.loads(TEXTS.read_text().splitlines()[0])
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps(row) + "\n")
    synthesize([path], tmp_path / "out", Offline())
    row["text"] = row["text"].replace("at most 2 copies", "at most 5 copies")
    path.write_text(json.dumps(row) + "\n")
    assert synthesize([path], tmp_path / "out", Offline()).worked == 4
    made = [json.loads(file.read_text()) for file in (tmp_path / "out").glob("environments/*/environment.json")]
    assert {constant["value"] for value in made for constant in value["constants"].values()} == {5}


def test_most_labelled_procedures_yield_a_trajectory_that_passes(tmp_path: Path) -> None:
    path = shared_data("texts.jsonl")
    labels = {row["id"]: row["label"] for row in map(json.loads, path.read_text().splitlines())}
    wanted = {name for name, label in labels.items() if label == "procedural"}
    synthesize([path], tmp_path, Offline())
    with Ledger(tmp_path) as ledger:
        kept = set(ledger.kept("validate"))
    assert len(kept & wanted) >= 0.6 * len(wanted)
