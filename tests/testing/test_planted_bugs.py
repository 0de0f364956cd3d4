"""Planted bugs are found, each under its own code; the environments as they are raise nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gem_sim.testing.check import check
from gem_sim.testing.codes import CHECK_CODES
from tests.conftest import ROOT, environment
from tests.testing.planting import benchmark, planted

# Bug → the code it must raise, and the part of the check that must raise it.
EXPECTED = {
    "a read that writes": ("check.read_writes", "calls"),
    "a constant that differs from its quote": ("check.constant", "conformance"),
    "a limit one off: < for <=": ("check.example", "conformance"),
    "a row under a wrong key": ("check.key", "calls"),
    "an id reused": ("check.id_reused", "calls"),
    "a tool that can never succeed": ("check.never_succeeded", "calls"),
    "a crash when an optional argument is absent": ("check.crash", "calls"),
    "an impossible task: beyond every glass": ("check.task_unreached", "tasks"),
    "a vacuous task": ("check.task_vacuous", "tasks"),
    "a task with a misspelt field": ("check.task_invalid", "tasks"),
    "a task that contradicts itself": ("check.task_impossible", "tasks"),
    "an impossible task: nothing writes it": ("check.task_impossible", "tasks"),
    "a dependence on dictionary order": ("check.row_order", "determinism"),
    "a table not declared as read": ("check.undeclared_read", "conformance"),
    "a limit that nothing enforces": ("check.unused", "conformance"),
    "a status that never changes": ("check.told", "calls"),
    "a change that is never put back": ("check.never_writes", "calls"),
    "a result without a required field": ("check.returns", "calls"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_planted_bug_is_found_under_its_code(name: str, tmp_path: Path) -> None:
    code, part = EXPECTED[name]
    planted_in = planted(name, tmp_path, examples=code == "check.example")
    if part == "tasks":
        # The others would be searched for in vain, without the examples that show them.
        honest = environment(planted_in.name).tasks
        planted_in = replace(planted_in, tasks={k: v for k, v in planted_in.tasks.items() if v != honest.get(k)})
    # Ended by the number of calls, on a machine however busy; what a task lacks is seen without a search.
    report = check(planted_in, seconds=2 if part == "tasks" else 120, parts=(part,), steps=1_000)
    found = [problem for problem in report.problems if problem.finding.code == code]
    assert found, f"{name}: {[str(problem.finding) for problem in report.problems]}"
    assert code in CHECK_CODES


def test_a_bug_that_calls_show_is_shrunk_to_the_calls_it_takes(tmp_path: Path) -> None:
    report = check(planted("an id reused", tmp_path, examples=False), seconds=120, parts=("calls",), steps=1_000)
    found = next(problem for problem in report.problems if problem.finding.code == "check.id_reused")
    assert [made.tool for made in found.calls] == ["place_custom_order"]
    assert found.start is None


def test_frame_shop_raises_no_alarm() -> None:
    report = check(environment("frame_shop"), seconds=20)
    assert [str(problem.finding) for problem in report.problems] == []
    assert report.explored is not None
    for kind in ("passed", "refused", "failed", "branch"):
        reached, number = report.explored.covered(kind)
        assert reached == number > 0


def test_the_same_seed_makes_the_same_calls() -> None:
    one, other = (check(environment("frame_shop"), seconds=60, seed=5, parts=("calls",)) for _ in range(2))
    assert one.explored is not None
    assert other.explored is not None
    assert one.explored.stopped == other.explored.stopped != "out of time"
    assert (one.explored.reached, one.explored.paths) == (other.explored.reached, other.explored.paths)


def test_every_bug_can_be_planted(tmp_path: Path) -> None:
    for number, bug in enumerate(benchmark().BUGS):
        benchmark().planted(bug, tmp_path / str(number), examples=True)
    assert len(benchmark().BUGS) >= 30


def test_every_code_is_explained_in_the_documentation() -> None:
    text = (ROOT / "docs" / "check.md").read_text()
    for code, meaning in CHECK_CODES.items():
        assert f"| `{code}` | {meaning} |" in text
