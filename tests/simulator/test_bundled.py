"""What the bundled environments promise, and that the rows of the library agree with each other."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import pytest

from gem_sim import Replay, Trajectory, read_trajectories, replay, verify
from gem_sim.simulator import bundled_environments
from gem_sim.state import State, changed_rows
from tests.conftest import ROOT, environment

LIBRARY = environment("library")
PERIODS = {"book": 21, "audiobook": 14, "film": 7}


def bundled(name: str, file: str = "trajectories.jsonl") -> list[Trajectory]:
    return list(read_trajectories(ROOT / "environments" / name / file))


def replays(name: str, file: str = "trajectories.jsonl") -> list[Replay]:
    return [replay(trajectory, environment(name)) for trajectory in bundled(name, file)]


def recovers(replayed: Replay) -> bool:
    """Tell whether a refused call is followed by one that succeeds, in a trajectory that passes."""
    refused = next((call.placed.number for call in replayed.calls if not call.succeeded), None)
    later = any(call.succeeded and call.placed.number > refused for call in replayed.calls) if refused else False
    return later and verify(replayed).verdict == "pass"


def test_the_library_is_a_rich_environment() -> None:
    assert len(LIBRARY.tools) >= 12
    assert {tool.effect for tool in LIBRARY.tools.values()} == {"read", "write"}
    tables = [table for table in LIBRARY.state.values() if len(table)]
    assert len(tables) >= 5
    assert sum(len(table) for table in tables) >= 300
    kinds = Counter(rule.kind for rule in LIBRARY.rules.values())
    assert set(kinds) == {"dependency", "limit", "conditional", "uniqueness"}
    assert all(rule.quote for rule in LIBRARY.rules.values())
    assert all(constant.quote and constant.unit for constant in LIBRARY.constants.values())


def test_the_library_has_tasks_trajectories_and_recoveries() -> None:
    all_replays = replays("library")
    assert len(LIBRARY.tasks) >= 15
    assert all(task.expect for task in LIBRARY.tasks.values())
    assert len(all_replays) >= 15
    assert all(4 <= len(replayed.calls) <= 15 for replayed in all_replays)
    assert sum(map(recovers, all_replays)) * 3 >= len(all_replays)
    bad = bundled("library", "known_bad.jsonl")
    assert len(bad) >= 10
    assert len({trajectory.extra["raises"] for trajectory in bad}) >= 10


def test_a_library_trajectory_offers_the_tools_and_tells_the_policy() -> None:
    for trajectory in bundled("library"):
        assert {tool.name: tool.parameters for tool in trajectory.tools} == {
            tool.name: tool.parameters for tool in LIBRARY.tools.values()
        }
        prompt = trajectory.messages[0]
        assert prompt.role == "system"
        assert (prompt.content or "").startswith("\n".join(LIBRARY.policy))


@pytest.mark.parametrize("name", bundled_environments())
def test_every_tool_succeeds_somewhere_and_changes_only_what_it_declares(name: str) -> None:
    every = [*replays(name), *replays(name, "known_bad.jsonl")]
    calls = [call for replayed in every for call in replayed.calls]
    tools = environment(name).tools
    succeeded = [call for call in calls if call.succeeded]
    assert {call.placed.call.tool for call in succeeded} == set(tools)
    for call in succeeded:
        tool = tools[call.placed.call.tool]
        changed = {table for table, *_ in changed_rows(call.before, call.after)}
        assert changed <= (set(tool.writes or ()) if tool.effect == "write" else set()), tool.name


def test_every_rule_of_the_library_refuses_something_or_orders_steps() -> None:
    required = {
        node.args[1].value
        for tool in LIBRARY.tools.values()
        for node in ast.walk(ast.parse("\n".join(tool.body or ())))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "require"
        if isinstance(node.args[1], ast.Constant)
    } & set(LIBRARY.rules)
    every = [*replays("library"), *replays("library", "known_bad.jsonl")]
    reasons = {
        call.result.content["error"]
        for replayed in every
        for call in replayed.calls
        if call.result.is_error and isinstance(call.result.content, dict)
    }
    assert {rule for rule in required if LIBRARY.rules[rule].text not in reasons} == set()
    stated = {step.rule for workflow in LIBRARY.workflows for step in workflow.steps if step.rule}
    # R13 is the `once` of the step `renew`.
    assert set(LIBRARY.rules) - required - stated == {"R13"}


def open_day(day: date, state: State) -> bool:
    return day.isoweekday() != 7 and day.isoformat() not in state["closing_days"]


def next_open(day: date, state: State) -> date:
    while not open_day(day, state):
        day += timedelta(days=1)
    return day


def age(born: str, day: str) -> int:
    return int(day[:4]) - int(born[:4]) - (day[5:10] < born[5:10])


def disagreements(state: State, today: str) -> Iterator[object]:
    """Yield each row of a library that another row contradicts; from the policy, not from the tools."""
    members, titles, copies = state["members"], state["titles"], state["copies"]
    out = Counter(loan["copy_id"] for loan in state["loans"].values() if loan["returned_on"] is None)
    kept = Counter(hold["copy_id"] for hold in state["holds"].values() if hold["status"] == "ready")
    for copy in copies.values():
        if copy["title_id"] not in titles or max(out[copy["copy_id"]], kept[copy["copy_id"]]) > 1:
            yield copy
        if (copy["status"] == "on loan") != bool(out[copy["copy_id"]]):
            yield copy
        if (copy["status"] == "on hold shelf") != bool(kept[copy["copy_id"]]):
            yield copy
    for member in members.values():
        yield from _member_disagreements(member, state, today)
    for hold in state["holds"].values():
        on_shelf = [c for c in copies.values() if c["title_id"] == hold["title_id"] and c["status"] == "available"]
        if hold["member_id"] not in members or (hold["status"] == "waiting" and on_shelf):
            yield hold
        if (hold["status"] == "ready") and (hold["copy_id"] is None or hold["ready_until"] is None):
            yield hold
    for event in state["events"].values():
        taken = [s["member_id"] for s in state["signups"].values() if s["event_id"] == event["event_id"]]
        if len(taken) > event["places"] or len(set(taken)) < len(taken) or not set(taken) <= set(members):
            yield event
    yield from _loan_disagreements(state)


def _member_disagreements(member: Mapping[str, object], state: State, today: str) -> Iterator[object]:
    key, years = member["member_id"], age(str(member["birth_date"]), today)
    loans = [loan for loan in state["loans"].values() if loan["member_id"] == key and loan["returned_on"] is None]
    titles = [state["copies"][loan["copy_id"]]["title_id"] for loan in loans]
    holds = [hold for hold in state["holds"].values() if hold["member_id"] == key]
    reserved = [hold["title_id"] for hold in holds if hold["status"] in ("waiting", "ready")]
    if len(titles) > (8 if years >= 16 else 4) or len(set(titles)) < len(titles):
        yield member
    if len(reserved) > 3 or len(set(reserved)) < len(reserved) or set(reserved) & set(titles):
        yield member
    if any(state["titles"][title]["min_age"] > years for title in titles):
        yield member
    guarantor = state["members"].get(str(member["guarantor_id"]))
    if years < 16 and (guarantor is None or age(guarantor["birth_date"], today) < 18):
        yield member


def _loan_disagreements(state: State) -> Iterator[object]:
    charged = {c["loan_id"]: c for c in state["charges"].values() if c["kind"] == "late"}
    for loan in state["loans"].values():
        due, lent = date.fromisoformat(loan["due_on"]), date.fromisoformat(loan["lent_on"])
        kind = state["titles"][state["copies"][loan["copy_id"]]["title_id"]]["kind"]
        if not open_day(due, state) or not open_day(lent, state) or loan["member_id"] not in state["members"]:
            yield loan
        if loan["renewals"] == 0 and due != next_open(lent + timedelta(days=PERIODS[kind]), state):
            yield loan
        back = loan["returned_on"]
        late = (date.fromisoformat(back) - due).days if back else 0
        born = state["members"][loan["member_id"]]["birth_date"]
        cents = min(600, late * (20 if age(born, back or "") >= 16 else 5)) if late > 2 and back else 0
        charge = charged.pop(loan["loan_id"], None)
        if (charge or {"amount_cents": 0})["amount_cents"] != cents:
            yield loan
        if charge is not None and charge["member_id"] != loan["member_id"]:
            yield charge
    yield from charged.values()
    for charge in state["charges"].values():
        if (charge["status"] == "open") != (charge["settled_on"] is None):
            yield charge
        if (charge["status"] == "waived") != (charge["waived_by"] in state["staff"]):
            yield charge


def test_the_rows_of_the_library_agree_at_the_start_and_after_every_trajectory() -> None:
    assert list(disagreements(LIBRARY.state, LIBRARY.clock[:10])) == []
    for replayed in replays("library"):
        clock = replayed.task.clock if replayed.task is not None and replayed.task.clock else LIBRARY.clock
        assert list(disagreements(replayed.end, clock[:10])) == [], replayed.trajectory.id


def test_a_planted_contradiction_is_noticed() -> None:
    copy = dict(LIBRARY.state["copies"]["C1002"], status="on loan")
    assert list(disagreements(LIBRARY.state.with_changes({"copies": {"C1002": copy}}), "2026-03-10")) == [copy]
