"""`gem-sim mutate`: exit statuses, the table, the survivors as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gem_sim import load_environment, read_trajectories, replay, verify, write_trajectories
from gem_sim.cli import run
from gem_sim.testing import KINDS
from tests.conftest import CASES, ROOT, conversation

DESK = str(CASES / "environments" / "desk")
SHOP = ROOT / "environments" / "frame_shop"
GOOD, BAD = SHOP / "trajectories.jsonl", SHOP / "known_bad.jsonl"


def test_all_found_is_0_and_the_table_has_kinds_and_families(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(
        ["mutate", str(GOOD), "--env", "frame_shop", "--kinds", "result_changed,drop_call", "--per-trajectory", "1"]
    )
    head, *rows = capsys.readouterr().out.splitlines()
    assert status == 0
    assert head.split()[:6] == ["kind", "planted", "killed", "rate", "kept", "rerun"]
    assert "result" in head
    assert [row.split()[0] for row in rows] == ["drop_call", "result_changed", "all"]
    assert rows[1].split()[1:4] == ["5", "5", "100.0%"]


def test_survivors_are_1_and_stand_in_files_with_what_was_planted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # No task says that the book has to be back, so nothing can notice that it was not brought.
    call = ["call", "return_book", {"loan_id": "L1"}, {"returned": "B3"}]
    told = conversation(["user", "Please take L1 back."], call, ["assistant", "Thank you."], id="back")
    write_trajectories(tmp_path / "in.jsonl", [told])
    folder = tmp_path / "survivors"
    options = ["--env", DESK, "--kinds", "drop_call,fabricate_id", "--survivors", str(folder), "--json"]
    assert run(["mutate", str(tmp_path / "in.jsonl"), *options]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert (printed["mutants"], printed["killed"]) == (3, 2)
    assert printed["kinds"]["drop_call"]["kill_rate"] == printed["lowest_kind"] == 0
    (survivor,) = printed["survivors"]
    assert (survivor["id"], survivor["verdict"], survivor["variant"]) == ("back#drop_call-1", "undecided", "rerun")
    assert [path.name for path in folder.iterdir()] == ["drop_call.jsonl"]
    (written,) = read_trajectories(folder / "drop_call.jsonl")
    planted = written.extra["planted"]
    assert isinstance(planted, dict)
    assert {key: survivor[key] for key in planted} == planted
    assert verify(replay(written, load_environment(DESK))).verdict == "undecided"


def test_the_same_seed_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for seed in ("3", "3", "4"):
        run(["mutate", str(GOOD), "--env", "frame_shop", "--per-trajectory", "1", "--seed", seed, "--json"])
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != printed[2]


def test_what_does_not_pass_is_skipped_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["mutate", str(BAD), str(GOOD), "--env", "frame_shop", "--kinds", "result_removed", "--json"])
    out, err = capsys.readouterr()
    assert status == 0
    lines = err.splitlines()
    assert len(lines) == json.loads(out)["skipped"] == len(BAD.read_text().splitlines())
    assert all("skipped" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([str(GOOD), "--env", "frame_shop", "--kinds", "typo"], "drop_call"),
        ([str(GOOD), "--env", "frame_shop", "--kinds", ","], "drop_call"),
        ([str(BAD), "--env", "frame_shop"], "no trajectory of the input passes"),
        ([str(GOOD), "--env", "frame_shop", "--kinds", "shift_date"], "no fault of these kinds"),
        ([str(SHOP / "none.jsonl"), "--env", "frame_shop"], "none.jsonl"),
    ],
)
def test_unusable_input_is_2_and_says_the_cure(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mutate", *arguments]) == 2
    assert words in capsys.readouterr().err.splitlines()[-1]


def test_every_kind_can_be_asked_for_by_name() -> None:
    assert len(KINDS) >= 15
    assert all(name == mutation.__name__ for name, mutation in KINDS.items())
