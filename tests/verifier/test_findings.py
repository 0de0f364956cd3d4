"""Every finding code is raised by its bad case, and by no good one."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gem_sim import CHECKS, Finding, Verdict
from gem_sim.engine import judge
from gem_sim.formats import Record, read_records
from gem_sim.verifier import CODES
from gem_sim.verifier.format import parallel_calls
from tests.conftest import CASES, conversation, environment

FOLDER = CASES / "findings"


def judged(case: dict[str, Any], tmp_path: Path) -> Verdict:
    if "line" in case:
        path = tmp_path / "case.jsonl"
        path.write_text(case["line"] + "\n")
        record = next(iter(read_records(path)))
    else:
        row = {key: value for key, value in case.items() if key not in ("messages", "environment", "trusted")}
        record = Record("case.jsonl", 1, {}, conversation(*case["messages"], **row), None)
    where = environment(case.get("environment", "desk"))
    if case.get("trusted"):
        where = replace(where, trusted=True)
    return judge(record, where).verdict


def codes(case: dict[str, Any], tmp_path: Path) -> set[str]:
    return {finding.code for finding in judged(case, tmp_path).findings}


def load(code: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{code}.json").read_text())
    return loaded


def test_every_code_has_a_case() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CODES)


@pytest.mark.parametrize("code", [code for code in CODES if code != "format.parallel_calls"])
def test_bad_case_raises_its_code_and_nothing_else(code: str, tmp_path: Path) -> None:
    assert codes(load(code)["bad"], tmp_path) == {code}


@pytest.mark.parametrize("code", CODES)
def test_good_case_raises_nothing(code: str, tmp_path: Path) -> None:
    assert codes(load(code)["good"], tmp_path) == set()


def test_parallel_calls_are_a_fault_of_profiles_that_allow_one_call(tmp_path: Path) -> None:
    from gem_sim import replay, verify

    case = load("format.parallel_calls")
    for kind, expected in (("bad", {"format.parallel_calls"}), ("good", set())):
        replayed = replay(conversation(*case[kind]["messages"]), environment("desk"))
        assert {f.code for f in verify(replayed, (*CHECKS, parallel_calls)).findings} == expected
        assert verify(replayed).findings == ()


@pytest.mark.parametrize("code", CODES)
def test_a_finding_says_where_and_shows_evidence(code: str, tmp_path: Path) -> None:
    if code == "format.parallel_calls":
        pytest.skip("not among the default checks; see the test above")
    for finding in judged(load(code)["bad"], tmp_path).findings:
        assert finding.message
        assert finding.evidence
        if code.startswith(("order.", "result.", "effects.")):
            assert finding.turn
            assert finding.call
            assert finding.tool


def test_a_check_that_crashes_costs_its_trajectory_and_is_our_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def crash(_replay: object) -> list[Finding]:
        raise RuntimeError("planted")

    monkeypatch.setattr(sys.modules["gem_sim.verifier.verify"], "CHECKS", (*CHECKS, crash))
    case = load("format.arguments")
    record = Record("case.jsonl", 1, {}, conversation(*case["good"]["messages"]), None)
    judged_one = judge(record, environment("desk"))
    assert judged_one.verdict.verdict == "undecided"
    assert [finding.code for finding in judged_one.verdict.findings] == ["replay.check_crashed"]
    assert judged_one.broken == "check"
    assert "planted" in str(judged_one.fault)


def test_own_checks_run_where_the_environment_is_trusted() -> None:
    from gem_sim import load_environment, replay, verify

    found = {}
    for trusted in (True, False):
        loaded = load_environment(CASES / "environments" / "checked", trusted=trusted)
        replayed = replay(conversation(*load("replay.checks_not_run")["bad"]["messages"]), loaded)
        found[trusted] = [finding.code for finding in verify(replayed).findings]
    assert found == {True: ["checked.always"], False: ["replay.checks_not_run"]}
