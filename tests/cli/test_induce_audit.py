"""`gem-sim induce` and `gem-sim audit` as a user meets them: tables, JSON, exit statuses, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gem_sim.cli import run
from gem_sim.formats import write_trajectories
from tests.conftest import ROOT, shared_data
from tests.induce.recordings import played, recording

LIBRARY = str(ROOT / "environments" / "library" / "trajectories.jsonl")


@pytest.fixture
def notes(tmp_path: Path) -> str:
    asked = [("list_notes", {}), ("delete_note", {"note_id": "n1"}), ("list_notes", {})]
    write_trajectories(tmp_path / "notes.jsonl", [played("a", asked), played("b", [("list_notes", {})])])
    return str(tmp_path / "notes.jsonl")


def test_induce_writes_an_environment_that_verify_takes(
    notes: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "environments" / "notes"
    assert run(["induce", notes, "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"notes: 2 tools → {out}"
    assert sorted(path.name for path in out.iterdir()) == ["environment.json", "source.md", "state.json"]
    assert "notes.jsonl" in (out / "source.md").read_text()
    run(["verify", notes, "--env", str(out), "--json"])
    verdicts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {f["code"] for verdict in verdicts for f in verdict["findings"] if f["code"].startswith("result.")} == set()


def test_induce_says_undecided_with_status_3_and_contradicted_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["induce", LIBRARY, "--out", str(tmp_path / "library"), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["calls"] == 173
    assert told["contradicted"] == 0
    assert told["reproduced"] + told["undecided"] == 173
    prices = [recording(str(n), [("get_price", {"of": "A"}, {"price": n})]) for n in (5, 6)]
    write_trajectories(tmp_path / "prices.jsonl", prices)
    assert run(["induce", str(tmp_path / "prices.jsonl"), "--out", str(tmp_path / "prices")]) == 1
    assert "5 call 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["induce", "missing.jsonl", "--out", "x"], "missing.jsonl"),
        (["induce", LIBRARY, "--out", str(ROOT / "environments" / "library")], "not induced"),
        (["induce", LIBRARY, "--out", "x", "--state", "missing.json"], "missing.json"),
        (["audit", "missing.jsonl"], "missing.jsonl"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_status_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


def test_audit_groups_and_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(shared_data("tooltalk.jsonl"))
    assert run(["audit", data, "--report", str(tmp_path / "audit.html")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum("session_token" in line and "schema.undeclared_argument" in line for line in lines) == 1
    assert lines[-1] == f"report → {tmp_path / 'audit.html'}"
    assert (tmp_path / "audit.html").read_text().lstrip().startswith("<!doctype html>")


def test_audit_as_json_and_with_nothing_wrong(notes: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["audit", notes, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["trajectories"] == 2
    assert status == (1 if any(cause["severity"] == "error" for cause in told["causes"]) else 0)


def test_audit_of_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    assert run(["audit", str(tmp_path / "empty.jsonl")]) == 2
    assert "nothing was audited" in capsys.readouterr().err
