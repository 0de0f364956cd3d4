"""Conversations written by hand: hardly a correct one is doubted, and what is found stays found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.claims.measure import measure, table
from tests.conftest import ROOT

FOLDERS = sorted(path.parent for path in (ROOT / "benchmarks" / "claims").glob("*/environment.json"))


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return measure()


# The environments that the claims were judged in first.
FIRST = (
    *("bakery_orders", "bike_workshop", "box_office", "card_desk", "hotel_desk", "plant_nursery", "swim_courses"),
    "vet_practice",
)


def test_hardly_a_correct_conversation_is_doubted(measured: dict[str, Any]) -> None:
    rows = measured["environments"]
    assert sum(len(row["doubted"]) for row in rows) <= 0.04 * sum(row["correct"] for row in rows)
    rows = [row for row in rows if row["environment"] in FIRST]
    assert len(rows) == len(FIRST)
    unsure = sum(len(row["doubted"]) + len(row["undecided"]) for row in rows)
    assert unsure <= 0.02 * sum(row["correct"] for row in rows)


def test_half_of_the_faults_are_found_and_some_more_leave_it_undecided(measured: dict[str, Any]) -> None:
    rows = measured["environments"]
    faulty, found = sum(row["faulty"] for row in rows), sum(len(row["found"]) for row in rows)
    assert found > 0.5 * faulty
    assert found + sum(len(row["unsure"]) for row in rows) > 0.55 * faulty
    rows = [row for row in rows if row["environment"] in FIRST]
    assert sum(len(row["found"]) + len(row["unsure"]) for row in rows) > 0.55 * sum(row["faulty"] for row in rows)


def test_the_table_has_a_row_for_each_environment_and_one_for_all(measured: dict[str, Any]) -> None:
    lines = table(measured).splitlines()[-len(FOLDERS) - 1 :]
    assert [line.split()[0] for line in lines] == [*(folder.name for folder in FOLDERS), "all"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_faulty_conversation_is_another_than_its_correct_one(folder: Any) -> None:
    correct = {row["id"]: row for row in map(json.loads, (folder / "correct.jsonl").read_text().splitlines())}
    for row in map(json.loads, (folder / "faulty.jsonl").read_text().splitlines()):
        assert row["fault"]
        assert row["messages"] != correct[row["base"]]["messages"]
