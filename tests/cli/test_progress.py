"""What a person at a terminal sees of a run, and that it never gets into the data."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_commands import BAD, DESK, GOOD
from tests.conftest import ROOT

pty = pytest.importorskip("pty", reason="no pseudo-terminals here")


def watched(*arguments: object) -> tuple[str, str]:
    """Run gem-sim with standard error on a terminal; return what came out of it and what the terminal showed."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "gem_sim", *map(str, arguments)]
    clean = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": ""}
    with subprocess.Popen(
        command, cwd=ROOT, env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower
    ) as run:
        os.close(follower)
        shown = b""
        # Linux reports the end of a terminal as an error.
        while piece := _read(leader):
            shown += piece
        out = run.stdout.read().decode() if run.stdout is not None else ""
    os.close(leader)
    return out, shown.decode(errors="replace")


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:
        return b""


def test_the_bar_shows_a_share_and_leaves_standard_output_alone(tmp_path: Path) -> None:
    path, packed = tmp_path / "t.jsonl", tmp_path / "t.jsonl.gz"
    path.write_text(f"{GOOD}\n" * 20)
    packed.write_bytes(gzip.compress(f"{BAD}\n".encode() * 20))
    out, shown = watched("verify", path, packed, "--env", DESK, "--json")
    assert [json.loads(line)["verdict"] for line in out.splitlines()] == ["pass"] * 20 + ["fail"] * 20
    assert "verifying 40" in shown
    assert "100%" in shown
    assert "{" not in shown


def test_what_cannot_be_measured_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(f"[{GOOD}, {GOOD}, {GOOD}]")
    out, shown = watched("verify", path, "--env", DESK, "--json")
    assert len(out.splitlines()) == 3
    assert "verifying 3" in shown
    assert "100%" not in shown


def test_without_a_terminal_there_is_no_bar_and_no_colour(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f"{BAD}\n")
    command = [sys.executable, "-m", "gem_sim", "verify", str(path), "--env", DESK]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("FAIL  bad\n")
    assert "\x1b" not in done.stdout


def test_a_terminal_obeys_no_escape_of_a_trajectory(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    row = json.loads(BAD) | {"id": "\x1b]0;owned\x07\u202ebad"}
    row["messages"][1]["tool_calls"][0]["function"]["name"] = "\x1b[2Jfind"
    path.write_text(json.dumps(row) + "\n")
    command = [sys.executable, "-m", "gem_sim", "verify", str(path), "--env", DESK]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("FAIL  \\u001b]0;owned\\u0007\\u202ebad\n")
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)


def test_a_report_that_cannot_be_written_is_said_before_the_work_begins(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f"{BAD}\n")
    command = [
        sys.executable,
        "-m",
        "gem_sim",
        "verify",
        str(path),
        "--env",
        DESK,
        "--report",
        str(tmp_path / "no" / "r.html"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "create its folder first" in done.stderr
