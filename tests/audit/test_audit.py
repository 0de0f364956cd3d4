"""An audit tells each cause once, with its number of calls and one example, and runs nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gem_sim.audit import Audit, audit
from gem_sim.formats import Record, read_records
from gem_sim.report.audit import write_audit
from gem_sim.trajectory import Trajectory
from tests.conftest import ROOT, shared_data
from tests.induce.recordings import recording

TEXT = {"type": "string"}
TOOL = {
    "name": "create_note",
    "parameters": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["x", "y"]}, "text": TEXT}},
}


def audited(*trajectories: Trajectory) -> Audit:
    return audit(Record("file", number, None, item, None) for number, item in enumerate(trajectories, 1))


def note(name: str, **arguments: Any) -> Trajectory:
    return recording(name, [("create_note", arguments, {"ok": True})], tools=[TOOL])


def causes(found: Audit) -> list[tuple[str, str, str, int, int]]:
    return [(c.severity, c.code, c.about, c.calls, c.trajectories) for c in found.causes]


def test_one_cause_is_one_line_however_many_calls_it_touches() -> None:
    found = audited(*(note(f"d{number}", kind="z", token="Please") for number in range(9)))
    assert causes(found) == [
        ("error", "schema.argument", "kind (enum)", 9, 9),
        ("error", "schema.undeclared_argument", "token", 9, 9),
    ]
    assert found.causes[0].example_id == "d0"
    assert found.clean == 0


def test_good_recordings_have_no_cause() -> None:
    found = audited(note("d", kind="x", text="Please."))
    assert found.causes == ()
    assert (found.trajectories, found.clean, found.calls, found.answered) == (1, 1, 1, 1)


def test_an_undeclared_argument_is_not_reported_again_for_its_source() -> None:
    found = audited(note("d", kind="x", token="98a5-77"))
    assert [cause.code for cause in found.causes] == ["schema.undeclared_argument"]


def test_tools_that_no_row_defines_are_inferred_from_calls() -> None:
    calls = [("create_note", {"text": "Please."}, {"ok": True})]
    assert audited(recording("d", calls)).causes == ()


def test_a_date_without_a_clock_is_undecided_and_with_one_wrong() -> None:
    calls = [("get_plan", {"date": "2019-03-09"}, {"plan": "rest"})]
    (without,) = audited(recording("d", calls)).causes
    (stated,) = audited(recording("d", calls, "time: 2024-05-01 10:00:00")).causes
    assert (without.severity, stated.severity) == ("undecided", "error")


def test_recordings_that_contradict_each_other_are_found() -> None:
    first = recording("first", [("get_price", {"of": "Please"}, {"price": 5})])
    second = recording("second", [("get_price", {"of": "Please"}, {"price": 6})])
    (cause,) = audited(first, second).causes
    assert (cause.code, cause.about, cause.example_id) == ("induce.contradiction", "get_price", "second")


def test_an_unreadable_record_is_a_cause_and_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"messages": 3}\n' + json.dumps({"id": "d", "messages": [{"role": "user", "content": "Hi."}]}))
    found = audit(read_records(path))
    assert found.trajectories == 1
    assert found.causes[0].code == "format.unreadable"


@pytest.mark.parametrize("name", ["library", "frame_shop"])
def test_verified_trajectories_have_no_error(name: str) -> None:
    found = audit(read_records(ROOT / "environments" / name / "trajectories.jsonl"))
    assert [cause for cause in found.causes if cause.severity == "error"] == []


def test_the_audit_of_tooltalk_names_its_known_faults_as_one_line_each() -> None:
    found = audit(read_records(shared_data("tooltalk.jsonl")))
    told = [(cause.code, cause.about, cause.calls) for cause in found.causes]
    assert told.count(("schema.undeclared_argument", "session_token", 223)) == 1
    assert told.count(("schema.argument", "name (enum)", 25)) == 1
    assert len(told) <= 20


def test_the_page_holds_itself_and_escapes_what_it_shows(tmp_path: Path) -> None:
    found = audited(note("<script>alert(1)</script>", kind="<img src=x>"))
    write_audit(tmp_path / "audit.html", found, ["rows.jsonl"])
    page = (tmp_path / "audit.html").read_text()
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r"(src|href)=.?https?:", page)
    assert "kind (enum)" in page
