"""What must hold after a call, on calls made up for it; and probes that change nothing."""

from __future__ import annotations

from functools import cache

import pytest

from gem_sim.environment import Environment
from gem_sim.state import Row
from gem_sim.testing import repeat
from gem_sim.testing.conformance import bundled, constants
from gem_sim.testing.lab import Lab, Made, Taken
from gem_sim.testing.probe import told
from gem_sim.testing.tasks import judge_tasks
from gem_sim.testing.values import answers_for
from gem_sim.testing.watch import ORACLES, Watch, conventions
from tests.conftest import environment

SHOP = environment("frame_shop")
LIBRARY = environment("library")


@cache
def lab() -> Lab:
    return Lab(LIBRARY)


def taken(
    tool: str, *, content: object = None, refusal: str | None = None, changes: dict[str, dict[str, Row | None]]
) -> Taken:
    """Return a call of the library with this outcome, whatever its body would do."""
    node = lab().start()
    made = Made(tool, {})
    moment = node.moment._replace(state=node.moment.state.with_changes(changes))
    after = node._replace(moment=moment, before=node, made=made, depth=1)
    return Taken(node, made, content, refusal, None, changes, (), (), (), after)  # type: ignore[arg-type]


def codes(one: Taken) -> set[str]:
    known = conventions(LIBRARY)
    return {finding.code for oracle in ORACLES for finding in oracle(one, LIBRARY, known)}


def loan(**fields: object) -> Row:
    return {**LIBRARY.state["loans"]["L5001"], **fields}  # type: ignore[dict-item]


def test_a_row_as_it_should_be_raises_nothing() -> None:
    assert codes(taken("renew_loan", refusal="No.", changes={})) == set()
    row = loan(due_on="2026-04-01")
    assert {*codes(taken("borrow_copy", changes={"loans": {"L5001": row}}))} <= {"check.returns"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (loan(due_on="1.4.2026"), "check.date"),
        (loan(due_on=20260401), "check.date"),
        (loan(member_id="M9"), "check.reference"),
        (loan(loan_id="L1"), "check.key"),
        (loan(renewals="two"), "check.row"),
    ],
)
def test_a_row_that_is_wrong_is_found(row: Row, code: str) -> None:
    assert code in codes(taken("borrow_copy", changes={"loans": {"L5001": row}}))


def test_a_refused_call_that_changed_something_is_found() -> None:
    assert codes(taken("renew_loan", refusal="No.", changes={"loans": {"L5001": loan()}})) == {"check.refused_changes"}


def test_a_removal_that_leaves_references_behind_is_a_warning() -> None:
    one = taken("cancel_hold", changes={"copies": {"C1024": None}})
    known = conventions(LIBRARY)
    found = [f for oracle in ORACLES for f in oracle(one, LIBRARY, known) if f.code == "check.reference"]
    assert {finding.severity for finding in found} == {"warning"}


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ({"hold_id": "H305", "status": "cancelled"}, True),
        ({"holds": [{"hold_id": "H305", "status": "cancelled"}]}, True),
        ({"hold_id": "H305", "status": LIBRARY.state["holds"]["H305"]["status"]}, False),
        ({"hold_id": "H305", "status": "success"}, False),
        ({"hold_id": "H305", "copy_id": "C1003", "status": LIBRARY.state["copies"]["C1003"]["status"]}, False),
        ({"hold_id": "H9", "status": "cancelled"}, False),
    ],
)
def test_a_result_that_gives_a_row_another_status_is_found(content: object, wrong: bool) -> None:
    assert ("check.told" in codes(taken("cancel_hold", content=content, changes={}))) is wrong


@pytest.mark.parametrize("shop", [SHOP, LIBRARY], ids=["frame_shop", "library"])
@pytest.mark.parametrize("log", [True, False])
def test_a_probe_changes_nothing_that_a_tool_does(shop: Environment, log: bool) -> None:
    lab = Lab(shop)
    reached = set()
    for name in ("trajectories.jsonl", "known_bad.jsonl"):
        for trajectory, _raises in bundled(shop, name):
            node = lab.start(shop.tasks.get(trajectory.task or ""))
            for placed in trajectory.calls():
                made = Made(placed.call.tool, placed.call.arguments)
                if not lab.accepts(made):
                    continue
                probed, plain = lab.try_call(node, made, log=log), lab.try_call(node, made, plain=True)
                assert (probed.content, probed.refusal, probed.changes) == (plain.content, plain.refusal, plain.changes)
                reached.update(probed.sites)
                assert log or not probed.seen
                node = probed.after
    assert len(reached) > len(lab.sites) / 2


def test_a_message_that_only_looks_like_marks_is_left_alone() -> None:
    for message in ("['P', [1], []]", "['Q', [], [], 'x']", "[" * 500, "plain"):
        assert told(None, message, {}).refusal == message


def test_a_comparison_says_what_to_put_in_place_of_an_argument() -> None:
    assert answers_for("x1", ("X1", "M1001")) == ["M1001"]
    assert answers_for(3, (3, 5)) == [4, 5, 6]
    assert answers_for("2026-03-01", ("2026-03-01", "2026-03-10")) == ["2026-03-10", "2026-03-09", "2026-03-11"]
    assert answers_for(True, (True, 1)) == []
    assert answers_for("b", (["a", "c"], "b")) == ["a", "c"]


@pytest.mark.parametrize(
    ("value", "quote", "wrong"),
    [
        (5, "no more than five books", False),
        (6, "no more than five books", True),
        (500, "up to 5 euros", False),
        (0.25, "25 % of the price", False),
        (25, "twenty five days", False),
        (24, "twenty five days", True),
        (90, "as long as it takes", False),
        (1000, "1,000 points", False),
    ],
)
def test_a_constant_is_compared_with_the_figures_of_its_quote(value: float, quote: str, wrong: bool) -> None:
    from dataclasses import replace

    from gem_sim.environment import Constant

    changed = replace(SHOP, constants={"LIMIT": Constant(value=value, quote=quote)})
    assert bool(list(constants(changed))) is wrong


def test_another_answer_in_a_fresh_process_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(SHOP)
    session = (
        None,
        (Made("calculate_frame_size", {"photo_width": 1, "photo_height": 1, "with_mount": True, "mount_width": 2}),),
    )
    assert list(repeat.nondeterminism(lab, [session])) == []
    program = repeat.program_of(SHOP)
    other = program._replace(constants={**program.constants, "MOUNT_SIDES": 3})
    monkeypatch.setattr(repeat, "program_of", lambda _environment: other)
    (problem,) = repeat.nondeterminism(lab, [session])
    assert (problem.finding.code, problem.finding.tool) == ("check.nondeterminism", "calculate_frame_size")


def test_a_watch_shows_the_shortest_session_it_saw() -> None:
    lab = Lab(LIBRARY)
    watch = Watch(lab, conventions(LIBRARY))
    one = taken("renew_loan", refusal="No.", changes={"loans": {"L5001": loan()}})
    longer = one._replace(node=one.after)
    watch(longer)
    watch(one)
    (problem,) = watch.finish()
    assert len(problem.calls) == 1


def test_tasks_are_reached_by_their_trajectories_or_by_search() -> None:
    lab = Lab(SHOP)
    recorded = [trajectory for trajectory, _ in bundled(SHOP)]
    with_them = {judged.task: judged for judged, _ in judge_tasks(lab, recorded)}
    without = {judged.task: judged for judged, _ in judge_tasks(lab, [])}
    assert {one.outcome for one in (*with_them.values(), *without.values())} == {"reached"}
    assert {one.by for one in without.values()} == {"search"}
    assert all(one.by == name for name, one in with_them.items())
