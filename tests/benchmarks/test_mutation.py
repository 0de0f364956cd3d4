"""Planted faults in the bundled environments are found, and nothing else is."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    return import_module("benchmarks.mutation.measure")


@pytest.fixture(scope="module")
def measured(benchmark: ModuleType) -> dict[str, Any]:
    # A smaller drawing than the benchmark's own, without BFCL.
    benchmark._bfcl = lambda: None
    result: dict[str, Any] = benchmark.measure(per_trajectory=2, seeds=1)
    return result


def test_faults_are_found_and_nothing_else(measured: dict[str, Any]) -> None:
    assert measured["false_alarms"] == 0
    assert measured["kill_rate"] >= 0.95
    assert measured["lowest_kind"] >= 0.9
    assert measured["mutants"] > 700
    assert len(measured["kinds"]) >= 15


def test_the_table_names_every_kind(benchmark: ModuleType, measured: dict[str, Any]) -> None:
    table = benchmark.table(measured)
    assert all(f"\n{kind}" in table for kind in measured["kinds"])
    assert "false alarms: 0" in table
