"""ToolTalk, replayed: what ToolTalk's own code reproduces is reproduced here, and nothing crashes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT, shared_data


@pytest.fixture(scope="module")
def measured() -> dict[str, object]:
    shared_data("tooltalk.jsonl")
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "tooltalk", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


def test_every_call_is_replayed_and_most_are_borne_out(measured: dict[str, object]) -> None:
    assert measured["calls"] == 266
    assert int(str(measured["reproduced"])) >= 229
    assert measured["missed_though_theirs_reproduces"] == 0


def test_every_other_call_is_listed_with_its_difference(measured: dict[str, object]) -> None:
    differing = measured["differing"]
    assert isinstance(differing, list)
    assert len(differing) == 266 - int(str(measured["reproduced"]))
    assert all(item["diff"] and item["class"] for item in differing)


def test_the_table_ends_with_the_counts() -> None:
    shared_data("tooltalk.jsonl")
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "tooltalk"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "calls replayed" in done.stdout


def test_every_finding_about_what_is_said_was_looked_at(measured: dict[str, object]) -> None:
    claims = measured["claims"]
    assert isinstance(claims, dict)
    assert claims
    assert "not looked at" not in claims
