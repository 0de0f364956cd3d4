"""The benchmark of the surfaces, small and without its peer: nothing fails, idle sessions are small."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("gymnasium", reason="the extra `gymnasium` is not installed")
pytest.importorskip("uvicorn", reason="the extra `http` is not installed")


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    return import_module("benchmarks.surfaces.measure")


@pytest.fixture(scope="module")
def measured(benchmark: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    benchmark.STEPS, benchmark.LONGER, benchmark.IDLE, benchmark.SESSIONS = 50, 2, 500, 300
    benchmark.PEER = tmp_path_factory.mktemp("none") / "python"
    result: dict[str, Any] = benchmark.measure(repeat=1)
    return result


def test_a_crowd_of_sessions_ends_where_one_session_does(measured: dict[str, Any]) -> None:
    assert measured["crowd"]["errors"] == 0, measured["crowd"]["first_error"]
    assert measured["crowd"]["calls"] == 3_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_an_idle_session_takes_less_than_fifty_kilobytes(measured: dict[str, Any]) -> None:
    assert 0 < measured["idle_session_kilobytes"] < 50


def test_every_surface_is_timed_and_a_missing_peer_is_said(benchmark: ModuleType, measured: dict[str, Any]) -> None:
    assert list(measured["steps_per_second"]) == ["in_process", "http", "in_process_shop", "http_shop"]
    assert measured["in_process_ratio"] is None
    assert "OpenEnv is not installed" in benchmark.table(measured)
