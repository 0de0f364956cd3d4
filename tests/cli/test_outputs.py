"""No command writes over what it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from gem_sim.cli import run
from tests.conftest import ROOT

GOOD = ROOT / "environments" / "frame_shop" / "trajectories.jsonl"


@pytest.mark.parametrize(
    "command",
    [["verify", "--out"], ["verify", "--report"], ["refine", "--out"], ["reground", "--out"]],
    ids=" ".join,
)
def test_an_input_is_not_written_over(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(GOOD.read_bytes())
    monkeypatch.chdir(tmp_path)
    name, option = command
    assert run([name, str(source), "--env", "frame_shop", option, "in.jsonl"]) == 2
    assert "would be written over; name another output" in capsys.readouterr().err
    assert source.read_bytes() == GOOD.read_bytes()


def test_a_conversation_without_a_message_is_unreadable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"messages": []}\n')
    assert run(["verify", str(source), "--env", "frame_shop"]) != 0
    assert "there is no message in it" in capsys.readouterr().out
