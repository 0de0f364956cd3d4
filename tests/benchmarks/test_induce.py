"""Induction measured: what two thirds of ToolTalk's dialogues say of the other third, and what SGD contradicts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import ROOT, shared_data


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    shared_data("tooltalk.jsonl")
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "induce", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_held_out_calls_are_reproduced_and_hardly_contradicted(measured: dict[str, Any]) -> None:
    assert measured["with_state"]["reproduced"] >= 0.6
    assert measured["with_state"]["contradicted"] <= 0.05
    assert measured["recordings"]["reproduced"] >= 0.5
    assert measured["recordings"]["contradicted"] <= 0.05


def test_every_held_out_call_has_one_fate(measured: dict[str, Any]) -> None:
    for part in (measured["recordings"], measured["with_state"]):
        assert sum(part["fates"].values()) == part["calls"]
        assert sorted(part["suites"]) == sorted(
            ["AccountTools", "Alarm", "Calendar", "Email", "Messages", "Reminder", "Weather"]
        )


def test_the_contradictions_of_sgd_are_reported_with_both_places(measured: dict[str, Any]) -> None:
    told = measured["sgd"]["contradictions"]
    assert any("Vista Oaks Apartments" in text and "call 1" in text and "call 2" in text for text in told)
