"""Calls in and out of order: for the same entity, in time, often enough, and with the fewest calls that show it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gem_sim import Finding, replay
from gem_sim.environment import Environment
from gem_sim.simulator import Replay
from gem_sim.verifier.order import judge, steps
from gem_sim.workflow import Workflow
from tests.conftest import conversation, environment

Entry = tuple[str, dict[str, Any], Any]


def played(*calls: Entry, where: Environment | None = None) -> Replay:
    entries = [["call", tool, arguments, result] for tool, arguments, result in calls]
    return replay(conversation(["user", "Please."], *entries), where or environment("counter"))


def findings(*calls: Entry, where: Environment | None = None) -> list[Finding]:
    return list(steps(played(*calls, where=where)))


def check(order: str, total: float = 40) -> Entry:
    return "check_order", {"order_id": order}, {"order_id": order, "status": "open", "total_euros": total}


def cancel(order: str) -> Entry:
    return "cancel_order", {"order_id": order}, {"order_id": order, "status": "cancelled"}


def refund(order: str, total: float) -> Entry:
    return "pay_refund", {"order_id": order, "total_euros": total}, {"refund_id": "F-1"}


def remind(order: str) -> Entry:
    return "send_reminder", {"order_id": order}, {"reminder_id": f"M-{order}"}


def customer_by_name(name: str, code: str, customer: str) -> Entry:
    return "find_by_name", {"name": name, "postal_code": code}, {"customer_id": customer}


def orders_of(customer: str) -> Entry:
    return "list_orders", {"customer_id": customer}, {"orders": []}


def test_a_step_without_what_it_needs_names_the_missing_call_with_its_arguments() -> None:
    (finding,) = findings(cancel("O1"))
    assert finding.code == "order.missing_step"
    assert finding.evidence["missing"] == [{"tool": "check_order", "arguments": {"order_id": "O1"}}]
    assert 'check_order(order_id="O1")' in finding.message
    assert "An order is checked before it is cancelled." in finding.message


def test_the_order_that_was_checked_is_the_one_that_may_be_cancelled() -> None:
    assert findings(check("O1"), cancel("O1")) == []
    (finding,) = findings(check("O1"), cancel("O2"))
    assert (finding.code, finding.argument, finding.call) == ("order.other_entity", "order_id", 2)
    assert finding.evidence["done_for"] == [{"call": 1, "about": {"order_id": "O1"}}]
    assert 'call 1 did it for "O1", not for "O2"' in finding.message
    assert finding.evidence["missing"] == [{"tool": "check_order", "arguments": {"order_id": "O2"}}]


def test_what_comes_later_is_no_excuse() -> None:
    (finding,) = findings(cancel("O1"), check("O1"))
    assert (finding.code, finding.call) == ("order.missing_step", 1)


def test_a_refused_call_was_not_done_and_is_not_judged() -> None:
    refused = ("check_order", {"order_id": "O9"}, {"error": "No such order."})
    assert findings(("cancel_order", {"order_id": "O9"}, {"error": "No such order."})) == []
    assert [finding.code for finding in findings(refused, cancel("O1"))] == ["order.missing_step"]


def test_the_status_of_what_was_looked_up_is_no_refusal() -> None:
    # Otherwise nobody could cancel an order whose payment had failed.
    counter = environment("counter")
    orders = counter.state.with_changes({"orders": {"O1": {**counter.state["orders"]["O1"], "status": "failed"}}})
    failed = ("check_order", {"order_id": "O1"}, {"order_id": "O1", "status": "failed", "total_euros": 40})
    assert findings(failed, cancel("O1"), where=replace(counter, state=orders)) == []


def test_one_of_several_alternatives_is_enough() -> None:
    by_email = ("find_by_email", {"email": "ada@example.org"}, {"customer_id": "C1"})
    assert findings(by_email, orders_of("C1")) == []
    assert findings(customer_by_name("Ada", "10115", "C1"), orders_of("C1")) == []
    (finding,) = findings(orders_of("C1"))
    assert finding.code == "order.missing_step"
    assert [missing["tool"] for missing in finding.evidence["missing"]] == ["find_by_email", "find_by_name"]  # type: ignore[index, union-attr]


def test_an_argument_comes_from_one_of_its_alternatives() -> None:
    (finding,) = findings(customer_by_name("Ada", "10115", "C1"), orders_of("C2"))
    assert (finding.code, finding.argument) == ("order.data_edge", "customer_id")
    assert finding.evidence["seen"] == ["C1"]


def test_a_value_from_a_call_about_another_entity_does_not_count() -> None:
    start = [check("O1", 40), check("O2", 60), cancel("O1")]
    assert findings(*start, refund("O1", 40)) == []
    (finding,) = findings(*start, refund("O1", 60))
    assert (finding.code, finding.argument) == ("order.other_entity", "total_euros")
    assert "call 2" in finding.message


def test_values_taken_from_one_step_come_from_one_call_of_it() -> None:
    def size(width: int, height: int) -> Entry:
        outer = {"outer_width_cm": width + 2, "outer_height_cm": height + 2}
        return "measure", {"width_cm": width, "height_cm": height}, outer

    def box(width: int, height: int) -> Entry:
        return "cut_box", {"width_cm": width, "height_cm": height}, {"cut": True}

    assert findings(size(10, 20), size(30, 40), box(32, 42)) == []
    (finding,) = findings(size(10, 20), size(30, 40), box(12, 42))
    assert finding.code == "order.mixed_results"
    assert finding.evidence["smallest_prefix"] == [1, 2, 3]


def test_once_and_at_most_count_for_each_entity() -> None:
    (again,) = findings(check("O1"), cancel("O1"), cancel("O1"))
    assert (again.code, again.call, again.evidence["earlier_calls"]) == ("order.repeated", 3, [2])
    assert findings(check("O1"), check("O2"), cancel("O1"), cancel("O2")) == []
    (third,) = findings(check("O1"), check("O2"), *[remind(o) for o in ("O1", "O1", "O2", "O1", "O2")])
    assert (third.code, third.call, third.evidence["at_most"]) == ("order.repeated", 6, 2)


def test_a_condition_looks_at_the_state_of_that_moment() -> None:
    assert findings(("wrap_gift", {"order_id": "O2"}, {"wrapped": True})) == []
    (finding,) = findings(("wrap_gift", {"order_id": "O1"}, {"wrapped": True}))
    assert finding.code == "order.condition"
    (unknown,) = findings(("wrap_gift", {"order_id": "O9"}, {"wrapped": True}))
    assert (unknown.code, unknown.severity) == ("order.condition", "undecided")


def with_step(step: str, **changes: Any) -> Environment:
    """Return the environment with one step changed as its author might have written it."""
    counter = environment("counter")
    workflows = [workflow.model_dump() for workflow in counter.workflows]
    for workflow in workflows:
        for written in workflow["steps"]:
            if written["id"] == step:
                written.update(changes)
    return replace(counter, workflows=tuple(map(Workflow.model_validate, workflows)))


def test_what_a_step_is_about_can_be_declared() -> None:
    nothing = with_step("cancel", per=[])
    assert findings(check("O1"), cancel("O2"), where=nothing) == []
    reason = with_step("remind", per=["order_id"], at_most=1)
    assert [f.code for f in findings(check("O1"), remind("O1"), remind("O1"), where=reason)] == ["order.repeated"]


def test_the_smallest_prefix_holds_what_the_fault_needs_and_nothing_else() -> None:
    calls = [check("O1"), check("O3"), cancel("O1"), remind("O3"), check("O2"), refund("O1", 60)]
    (finding,) = findings(*calls)
    # Without the cancelling there is no refund; without the other check, the value would be from nowhere.
    assert finding.code == "order.other_entity"
    assert finding.evidence["smallest_prefix"] == [3, 5, 6]


def test_an_environment_with_tools_of_its_own_is_not_run_again() -> None:
    whole = played(check("O1"), cancel("O2"))
    foreign = whole._replace(environment=replace(whole.environment, opener=lambda *_: pytest.fail("run again")))
    (finding,) = steps(foreign)
    assert finding.evidence["smallest_prefix"] == [1, 2]


def test_a_call_is_taken_for_a_step_of_the_workflow_that_is_under_way() -> None:
    taken = [judged.workflow for judged in judge(played(check("O1"), cancel("O1")))]
    assert taken == ["cancelling", "cancelling"]
    size = ("measure", {"width_cm": 1, "height_cm": 1}, {"outer_width_cm": 3, "outer_height_cm": 3})
    wrapped = ("wrap_gift", {"order_id": "O2"}, {"wrapped": True})
    assert [judged.workflow for judged in judge(played(check("O2"), size, wrapped))] == ["packing"] * 3


_CALLS = st.sampled_from(
    [make(order) for order in ("O1", "O2") for make in (check, cancel, remind)]
    + [refund("O1", 40), refund("O2", 60), refund("O2", 40)]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_CALLS, max_size=7))
def test_laws_of_order(calls: list[Entry]) -> None:
    whole = played(*calls)
    found = list(steps(whole))
    for finding in found:
        number = finding.call or 0
        # The past alone decides: what comes after a call changes nothing about it.
        assert finding.code in {f.code for f in findings(*calls[:number]) if f.call == number}
        # Its prefix, replayed alone, shows it again, and leaving any call out of it does not.
        prefix = [int(str(n)) for n in finding.evidence["smallest_prefix"]]  # type: ignore[union-attr]
        assert prefix[-1] == number
        alone = [calls[n - 1] for n in prefix]
        assert finding.code in {f.code for f in findings(*alone) if f.call == len(alone)}
        for left_out in range(len(alone) - 1):
            shorter = alone[:left_out] + alone[left_out + 1 :]
            assert finding.code not in {f.code for f in findings(*shorter) if f.call == len(shorter)}
    # A cancelling that is judged fine was checked before, for the same order.
    faulty = {finding.call for finding in found}
    for number, (tool, arguments, _) in enumerate(calls, start=1):
        if tool == "cancel_order" and number not in faulty:
            assert ("check_order", arguments) in [(t, a) for t, a, _ in calls[: number - 1]]
            assert ("cancel_order", arguments) not in [(t, a) for t, a, _ in calls[: number - 1]]


def test_an_argument_that_a_step_should_give_may_be_left_out() -> None:
    where = with_step("cancel", takes={"order_id": "check.order_id", "reason": "remind.reminder_id"})
    assert findings(check("O1"), cancel("O1"), where=where) == []
