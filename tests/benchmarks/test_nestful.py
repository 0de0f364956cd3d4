"""NESTFUL: the references are forgotten, and provenance finds them again."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

from tests.conftest import ROOT, shared_data

PLAN = {
    "id": "plan",
    "input": "Book a table for 4 in Oslo and tell Ada.",
    "tools_spec": [
        {"name": "find", "output_parameters": {"table_id": {"type": "string"}, "city": {"type": "string"}}},
        {"name": "tell", "output_parameters": {}},
    ],
    "output": [
        {"name": "find", "arguments": {"city": "Oslo", "people": 4}, "label": "var1"},
        {"name": "tell", "arguments": {"who": "Ada", "table": "$var1.table_id$"}, "label": "var2"},
        {"name": "var_result", "arguments": {"table": "$var1$", "lost": "$var9$"}},
    ],
}


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    return import_module("benchmarks.nestful.measure")


def test_references_become_values_and_are_forgotten(benchmark: ModuleType) -> None:
    row = benchmark.conversation(PLAN)
    assert "$var1" not in json.dumps(row)
    made = benchmark.results(PLAN)
    told = json.loads(row["messages"][3]["tool_calls"][0]["function"]["arguments"])
    assert told == {"who": "Ada", "table": made["var1"]["table_id"]}
    assert benchmark.conversation(PLAN) == row
    assert benchmark.conversation(PLAN, "other") != row


def test_edges_are_published_and_found(benchmark: ModuleType) -> None:
    edges = {(1, 2, "table", "$.table_id"), (1, 3, "table", "$")}
    assert {tuple(edge) for edge in benchmark.published_edges(PLAN)} == edges
    assert {tuple(edge) for edge in benchmark.found_edges(benchmark.conversation(PLAN))} == edges


def test_values_that_are_referred_to_differ(benchmark: ModuleType) -> None:
    for plan in benchmark.read_plans(shared_data("nestful.jsonl"))[:40]:
        made = benchmark.results(plan)
        leaves = {
            (edge.source, edge.path): json.dumps(benchmark._at(made[plan["output"][edge.source - 1]["label"]], path))
            for edge in benchmark.published_edges(plan)
            if (path := edge.path.removeprefix("$").removeprefix("."))
        }
        distinct = [value for value in leaves.values() if value not in ("true", "false") and value[0] not in "[{"]
        assert len(set(distinct)) == len(distinct), plan["id"]


def test_precision_and_recall_are_as_promised() -> None:
    shared_data("nestful.jsonl")
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "nestful", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["plans"] == 150
    assert measured["precision"] >= 0.95
    assert measured["recall"] >= 0.95
    assert min(measured["lowest"].values()) >= 0.95
    assert measured["with_answer"]["edges"] > measured["edges"] > 200
