"""`gem-sim refine`: what it writes passes, what cannot be refined is told and left out, same seed, same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gem_sim.cli import run
from tests.conftest import ROOT

SHOP = ROOT / "environments" / "frame_shop"
GOOD, BAD = SHOP / "trajectories.jsonl", SHOP / "known_bad.jsonl"


def test_what_is_written_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    assert run(["refine", str(GOOD), "--env", "frame_shop", "--out", str(out)]) == 0
    assert "every one verified by replay" in capsys.readouterr().out
    assert len(out.read_text().splitlines()) == len(GOOD.read_text().splitlines())
    assert run(["verify", str(out), "--env", "frame_shop"]) == 0


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        assert run(["refine", str(GOOD), "--env", "frame_shop", "--out", str(tmp_path / name), "--seed", seed]) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


def test_what_does_not_pass_is_told_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(GOOD.read_text().splitlines()[0] + "\n" + BAD.read_text().splitlines()[0] + "\nno json\n")
    assert run(["refine", str(source), "--env", "frame_shop", "--out", str(out), "--json"]) == 1
    printed = capsys.readouterr()
    told = [json.loads(line) for line in printed.out.splitlines()]
    assert [row["id"] for row in told] == [json.loads(out.read_text())["id"]]
    assert told[0]["after"]["calls"] > told[0]["before"]["calls"]
    assert "does not pass" in printed.err
    assert "in.jsonl:3:" in printed.err


def test_nothing_to_refine_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "empty.jsonl"
    source.write_text("")
    assert run(["refine", str(source), "--env", "frame_shop", "--out", str(tmp_path / "out")]) == 2
    assert "no trajectory" in capsys.readouterr().err
