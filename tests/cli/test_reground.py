"""`gem-sim reground`: formats stay, rows that need nothing stay to the letter, exit statuses are the verdicts'."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gem_sim import read_trajectories, write_trajectories
from gem_sim.cli import run
from gem_sim.formats import format_of, read_rows
from tests.conftest import CASES, ROOT, shared_data

SHOP = ROOT / "environments" / "frame_shop"
GOOD, BAD = SHOP / "trajectories.jsonl", SHOP / "known_bad.jsonl"


@pytest.mark.parametrize("name", ["openai", "hermes", "gem", "sharegpt"])
def test_each_trajectory_stays_in_its_format(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_trajectories(source, read_trajectories(BAD), name)
    assert run(["reground", str(source), "--env", "frame_shop", "--out", str(out), "--json"]) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    rows = [row.value for row in read_rows(out)]
    assert len(rows) == len(told) == len(BAD.read_text().splitlines())
    for row, line in zip(rows, told, strict=True):
        assert isinstance(row, dict)
        known = format_of(row)
        assert known is not None
        assert known.name == name
        assert ("regrounded" in row) == bool(line["replaced"])
        assert not any(code.startswith("result.") for code in line["findings"])
    assert any(line["replaced"] for line in told)


def test_what_needs_nothing_stays_to_the_letter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    assert run(["reground", str(GOOD), "--env", "frame_shop", "--out", str(out)]) == 0
    assert out.read_bytes() == GOOD.read_bytes()
    lines = capsys.readouterr().out.splitlines()
    assert all(line.endswith("unchanged") for line in lines[:-1])
    assert ", 0 changed" in lines[-1]


def test_twice_is_once(tmp_path: Path) -> None:
    once, twice = tmp_path / "once.jsonl", tmp_path / "twice.jsonl"
    run(["reground", str(BAD), "--env", "frame_shop", "--out", str(once)])
    run(["reground", str(once), "--env", "frame_shop", "--out", str(twice)])
    assert once.read_bytes() == twice.read_bytes()


def test_the_published_trajectory_no_longer_claims_that_the_glass_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    run(["reground", str(shared_data("gem_appendix_f.json")), "--env", "frame_shop", "--out", str(out)])
    printed = capsys.readouterr().out
    assert 'call 5 · check_size_constraints $.status: "success" → "error"' in printed
    assert "The 54x74cm dimensions work perfectly with non-glare glass." in printed
    (trajectory,) = read_trajectories(out)
    marks = trajectory.extra["regrounded"]["marks"]  # type: ignore[index,call-overload]
    assert {"message": 19, "old": "success", "new": "error"}.items() <= marks[1].items()  # type: ignore[index,union-attr]


def test_a_line_that_cannot_be_read_is_told_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("{\n" + GOOD.read_text())
    assert run(["reground", str(source), "--env", "frame_shop", "--out", str(out)]) == 1
    assert f"{source}:1" in capsys.readouterr().err
    assert out.read_text() == GOOD.read_text()


def test_a_broken_stub_is_2_and_costs_its_trajectory_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    call = {"id": "c1", "function": {"name": "spin", "arguments": '{"turns": -1}'}}
    row = {
        "id": "spins",
        "messages": [{"role": "user", "content": "Spin -1."}, {"role": "assistant", "tool_calls": [call]}],
    }
    source.write_text(json.dumps(row) + "\n")
    assert run(["reground", str(source), "--env", str(CASES / "environments" / "loops"), "--out", str(out)]) == 2
    assert "spins is left out" in capsys.readouterr().err
    assert out.read_text() == ""


def test_an_empty_input_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.jsonl").write_text("")
    arguments = ["reground", str(tmp_path / "in.jsonl"), "--env", "frame_shop", "--out", str(tmp_path / "out.jsonl")]
    assert run(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
