"""Toolkits on tables: rows are shared until a call changes them, and then they are its own."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gem_sim
from gem_sim.adapters.tables import TableRun, guarded, host_tables
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.simulator.session import open_session
from gem_sim.state import SharedValueChanged, State
from gem_sim.tool import ToolCall, ToolResult
from tests.adapters.shop import Line, Order, Store, store_rows
from tests.conftest import conversation


def store() -> Environment:
    return host_tables(Store, name="store", tables={"orders": Order, "notes": None}, state=State(store_rows()))


def run_of(environment: Environment) -> TableRun:
    run = open_session(environment)
    assert isinstance(run, TableRun)
    return run


def call(run: TableRun, tool: str, **arguments: Any) -> ToolResult:
    return run.call(ToolCall(id="c", tool=tool, arguments=arguments))


def test_a_call_changes_its_own_run_only() -> None:
    environment = store()
    first, second = run_of(environment), run_of(environment)
    assert call(first, "pay", order_id="O1").content == {
        "order_id": "O1",
        "status": "paid",
        "lines": [{"item": "pen", "count": 1}],
        "tags": {},
    }
    assert first.state["orders"]["O1"]["status"] == "paid"
    assert second.state["orders"]["O1"]["status"] == "open"
    assert call(second, "count_open").content == 3
    assert call(first, "count_open").content == 2


def test_what_raises_changes_nothing_however_late() -> None:
    run = run_of(store())
    before = run.digest
    result = call(run, "add_line", order_id="O1", item="ink", count=0)
    assert (result.is_error, result.content) == (True, {"error": "count is positive"})
    assert run.digest == before
    assert call(run, "add_line", order_id="O1", item="ink", count=2).content == 2
    assert run.state["orders"]["O1"]["tags"] == {"last": "ink"}


def test_rows_changed_in_passing_are_changed() -> None:
    run = run_of(store())
    call(run, "pay", order_id="O2")
    assert call(run, "pay_all").content == 2
    assert {row["status"] for row in run.state["orders"].values()} == {"paid"}
    assert call(run_of(run.environment), "pay_all").content == 3


def test_a_row_found_in_passing_is_the_one_asked_for_by_key() -> None:
    run = run_of(store())
    assert call(run, "pay_found", order_id="O2").content == "paid"
    assert run.state["orders"]["O2"]["status"] == "paid"


def test_rows_come_and_go() -> None:
    run = run_of(store())
    assert call(run, "open", order_id="O9").content is True
    assert call(run, "open", order_id="O9").is_error
    assert call(run, "drop", order_id="O1").content == 3
    assert list(run.state["orders"]) == ["O2", "O3", "O9"]
    assert call(run, "look", order_id="O1").is_error


def test_plain_rows_are_kept_too() -> None:
    run = run_of(store())
    assert call(run, "note", key="N1", text="second").content == {"texts": ["first", "second"]}
    assert call(run, "note", key="N2", text="new").content == {"texts": ["new"]}
    assert run.state["notes"]["N2"] == {"texts": ["new"]}


def test_shared_rows_equal_what_they_are_made_of_and_refuse_to_change() -> None:
    order = Order(order_id="O", lines=[Line(item="pen", count=1)], tags={"a": "b"})
    shared = guarded(deepcopy(order))
    assert shared == order
    assert order == shared
    assert isinstance(shared, Order)
    assert shared.model_dump_json() == order.model_dump_json()
    for change in (
        lambda: setattr(shared, "status", "paid"),
        lambda: setattr(shared.lines[0], "count", 2),
        lambda: shared.lines.append(None),
        lambda: shared.tags.update(c="d"),
    ):
        with pytest.raises(SharedValueChanged):
            change()
    assert shared == order
    assert call(run_of(store()), "same", order_id="O1").content is True


def test_only_rows_that_are_touched_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"orders": {f"O{n}": store_rows()["orders"]["O1"] | {"order_id": f"O{n}"} for n in range(50)}, "notes": {}}
    environment = host_tables(Store, name="store", tables={"orders": Order, "notes": None}, state=State(rows))
    made: list[str] = []
    real = Order.model_post_init
    monkeypatch.setattr(
        Order, "model_post_init", lambda self, context: (made.append(self.order_id), real(self, context))[1]
    )
    run = run_of(environment)
    call(run, "look", order_id="O7")
    call(run, "pay", order_id="O8")
    assert set(made) <= {"O7", "O8"}


def test_a_replay_is_judged_like_any_other() -> None:
    paid = {"order_id": "O1", "status": "paid", "lines": [{"item": "pen", "count": 1}], "tags": {}}
    trip = conversation(
        ["user", "Pay O1 and tell me what is open."],
        ["call", "pay", {"order_id": "O1"}, paid],
        ["call", "count_open", {}, 3],
        ["assistant", "Done."],
    )
    (finding,) = gem_sim.verify(gem_sim.replay(trip, store())).findings
    assert (finding.code, finding.call) == ("result.mismatch", 2)


ORDERS = st.sampled_from(["O1", "O2", "O9"])
CALLS = st.one_of(
    st.tuples(
        st.sampled_from(["pay", "look", "open", "drop", "same", "pay_found"]),
        st.fixed_dictionaries({"order_id": ORDERS}),
    ),
    st.tuples(
        st.just("add_line"),
        st.fixed_dictionaries({"order_id": ORDERS, "item": st.just("ink"), "count": st.integers(0, 2)}),
    ),
    st.tuples(st.sampled_from(["pay_all", "count_open"]), st.just({})),
    st.tuples(st.just("note"), st.fixed_dictionaries({"key": st.sampled_from(["N1", "N2"]), "text": st.just("t")})),
)


def plain_store() -> Any:
    rows = store_rows()
    orders = {key: Order.model_validate(row) for key, row in rows["orders"].items()}
    plain = Store()
    plain.db = SimpleNamespace(orders=orders, notes=rows["notes"])
    return plain


def rows_of(plain: Any) -> State:
    orders = {key: order.model_dump(mode="json") for key, order in plain.db.orders.items()}
    return State({"orders": orders, "notes": plain.db.notes})


@settings(max_examples=80, deadline=None)
@given(st.lists(CALLS, max_size=8), st.integers(0, 8))
def test_a_run_does_what_the_plain_object_does_but_for_what_raises(calls: list[Any], cut: int) -> None:
    environment = store()
    start = environment.state.digest
    run, bare = run_of(environment), plain_store()
    digests = [run.digest]
    for tool, arguments in calls:
        kept = deepcopy(bare)
        result = run.call(ToolCall(id="c", tool=tool, arguments=arguments))
        try:
            assert result.content == getattr(bare, tool)(**arguments)
            assert not result.is_error
        except (KeyError, ValueError):
            assert result.is_error
            bare = kept
        assert run.state == rows_of(bare)
        digests.append(run.digest)
    assert environment.state.digest == start
    assert run_of(environment).call(ToolCall(id="c", tool="count_open")).content == 3
    cut = min(cut, len(calls))
    twin = run.fork()
    twin.rollback(cut)
    assert twin.digest == digests[len(calls) - cut]
    assert run.digest == digests[-1]
    with pytest.raises(InputError):
        run.rollback(len(calls) + 1)
