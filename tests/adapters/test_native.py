"""Toolkits hosted as environments: one call, whole or not at all; the same replay and the same verdicts."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gem_sim
from gem_sim.adapters.hosted import About
from gem_sim.adapters.native import NativeRun, host
from gem_sim.adapters.plain import as_json, cells_of
from gem_sim.adapters.toolkits import Ways
from gem_sim.errors import InputError, StubError
from gem_sim.simulator.session import open_session
from gem_sim.task import Task
from gem_sim.tool import ToolCall, ToolResult
from tests.adapters.shop import Fickle, Shop, Till
from tests.conftest import ROOT, conversation

_numbers = random.Random(7)
# The numbers that a shop gives its first two orders.
FIRST, SECOND = _numbers.randint(1000, 9999), _numbers.randint(1000, 9999)


def run_of(*toolkits: object, **options: Any) -> NativeRun:
    run = open_session(host(*toolkits, name="shop", **options))
    assert isinstance(run, NativeRun)
    return run


def call(run: NativeRun, tool: str, **arguments: Any) -> ToolResult:
    return run.call(ToolCall(id="c", tool=tool, arguments=arguments))


def test_the_public_methods_are_the_tools() -> None:
    assert list(host(Shop(), name="shop").tools) == ["order", "show", "keep", "all_orders"]


def test_a_call_answers_and_changes_the_state() -> None:
    run = run_of(Shop())
    result = call(run, "order", item="pen", count=2)
    assert not result.is_error
    assert result.content == {"order_id": FIRST, "left": 1}
    assert run.state["Shop"]["stock"] == {"pen": 1, "ink": 1}
    assert list(run.state["Shop.orders"]) == [str(FIRST)]


def test_a_method_that_raises_refuses_and_nothing_it_did_is_kept() -> None:
    run = run_of(Shop())
    call(run, "order", item="pen")
    before = run.digest
    result = call(run, "order", item="gold")
    assert result.is_error
    assert result.content == {"error": "'no gold'"}
    assert run.digest == before
    assert run.state["Shop"]["log"] == {"value": ["asked for pen"]}
    assert call(run, "order", item="ink").content == {"order_id": SECOND, "left": 0}


def test_a_refusal_in_the_toolkits_own_words_is_one_and_what_it_did_stands() -> None:
    run = run_of(Shop())
    result = call(run, "order", item="ink", count=5)
    assert result.is_error
    assert result.content == {"error": "only 1 left"}
    assert run.state["Shop"]["log"] == {"value": ["asked for ink"]}


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("order", {}, "required"),
        ("order", {"item": 5}, "string"),
        ("order", {"item": "pen", "colour": "red"}, "colour"),
        ("_secret", {}, "no tool"),
        ("nothing", {}, "no tool"),
    ],
)
def test_what_breaks_the_schema_is_refused_before_it_runs(tool: str, arguments: dict[str, Any], reason: str) -> None:
    run = run_of(Shop())
    before = run.digest
    result = call(run, tool, **arguments)
    assert result.is_error
    assert reason in str(result.content)
    assert run.digest == before


def test_nothing_is_shared_between_arguments_state_and_results() -> None:
    run = run_of(Shop())
    tags = ["a"]
    result = call(run, "keep", tags=tags)
    tags.append("b")
    assert isinstance(result.content, list)
    result.content.append("c")
    assert run.state["Shop"]["tags"] == {"value": ["a"]}
    order = call(run, "order", item="pen").content
    assert isinstance(order, dict)
    shown = call(run, "show", order_id=order["order_id"]).content
    assert isinstance(shown, dict)
    shown["count"] = 99
    again = call(run, "show", order_id=order["order_id"])
    assert again.content == {"item": "pen", "count": 1, "note": None}


def test_the_hosted_object_itself_is_never_called() -> None:
    shop = Shop()
    call(run_of(shop), "order", item="pen")
    assert shop.stock == {"pen": 3, "ink": 1}
    assert shop.log == []


def test_the_state_is_not_read_on_the_path_of_a_call() -> None:
    reads = []

    def cells(toolkit: object) -> Any:
        reads.append(toolkit)
        return cells_of(toolkit)

    run = run_of(Shop(), ways=Ways(cells=cells))
    reads.clear()
    for _ in range(3):
        call(run, "order", item="pen")
        run.state  # noqa: B018 - asking for a state is not looking at it
    assert reads == []
    assert run.state["Shop"]["stock"] == {"pen": 0, "ink": 1}
    assert len(reads) == 1


def test_what_two_toolkits_share_stays_shared_and_apart_from_other_runs() -> None:
    stock = {"pen": 0}
    environment = host(Shop(stock), Till(stock), name="shop")
    first, second = open_session(environment), open_session(environment)
    first.call(ToolCall(id="1", tool="restock", arguments={"item": "pen", "count": 2}))
    answers = [run.call(ToolCall(id="2", tool="order", arguments={"item": "pen"})) for run in (first, second)]
    assert [answer.is_error for answer in answers] == [False, True]
    assert stock == {"pen": 0}


def test_two_toolkits_with_one_tool_are_refused() -> None:
    with pytest.raises(InputError, match="Shop and Shop both have a tool 'order'"):
        host(Shop(), Shop(), name="shop")


def test_a_toolkit_that_is_not_deterministic_is_found_out_when_calls_are_made_again() -> None:
    run = run_of(Fickle())
    call(run, "next")
    with pytest.raises(StubError, match="not deterministic"):
        call(run.fork(), "next")
    call(run, "fail")
    with pytest.raises(StubError, match="not deterministic"):
        call(run, "next")


def test_a_task_starts_from_what_start_makes_of_it_and_the_seed() -> None:
    def start(task: Task | None, seed: int) -> list[object]:
        return [Shop({"pen": seed})] if task is not None else [Shop()]

    about = About(tasks=[Task(id="buy")])
    environment = host(Shop(), name="shop", start=start, about=about)
    run = open_session(environment, task="buy", seed=5)
    assert run.state["Shop"]["stock"] == {"pen": 5}
    assert open_session(environment).state["Shop"]["stock"] == {"pen": 3, "ink": 1}


def test_a_task_that_puts_in_rows_is_refused() -> None:
    environment = host(Shop(), name="shop", about=About(tasks=[Task(id="t", state={"Shop": {"log": {"value": []}}})]))
    with pytest.raises(InputError, match="let `start` make"):
        open_session(environment, task="t")


def test_a_replay_has_every_state_and_its_verdict_names_what_is_wrong() -> None:
    end: Any = {"Shop": {"stock": {"pen": 2, "ink": 1}, "log": {"value": ["asked for pen"]}}}
    end["Shop.orders"] = {str(FIRST): {"item": "pen", "count": 1, "note": None}}
    environment = host(Shop(), name="shop", about=About(tasks=[Task(id="buy", end=end)]))
    told = {"order_id": FIRST, "left": 2}
    good = conversation(["user", "A pen."], ["call", "order", {"item": "pen"}, told], ["assistant", "Yes."], task="buy")
    replayed = gem_sim.replay(good, environment)
    assert [len(replayed.calls[0].before["Shop.orders"]), len(replayed.calls[0].after["Shop.orders"])] == [0, 1]
    assert gem_sim.verify(replayed).verdict == "pass"

    told = {"order_id": FIRST, "left": 3}
    bad = conversation(["user", "A pen."], ["call", "order", {"item": "pen"}, told], ["assistant", "Yes."], task="buy")
    (finding,) = gem_sim.verify(gem_sim.replay(bad, environment)).findings
    assert (finding.code, finding.path) == ("result.mismatch", "$.left")


def test_an_end_that_is_not_the_tasks_is_unmet_row_by_row() -> None:
    end: Any = {"Shop": {"stock": {"pen": 0, "ink": 1}}, "Shop.orders": {"1": {"item": "ink"}}}
    environment = host(Shop(), name="shop", about=About(tasks=[Task(id="buy", end=end)]))
    told = {"order_id": FIRST, "left": 2}
    trip = conversation(["user", "A pen."], ["call", "order", {"item": "pen"}, told], ["assistant", "Yes."], task="buy")
    findings = gem_sim.verify(gem_sim.replay(trip, environment)).findings
    unmet = {finding.path for finding in findings if finding.code == "goal.unmet"}
    assert unmet == {"Shop.stock", "Shop.log", f"Shop.orders.{FIRST}", "Shop.orders.1"}


def test_the_example_of_the_documents_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "toolkits.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(block, "toolkits.md", "exec"), {"__name__": "toolkits"})
    assert capsys.readouterr().out.startswith("False {'lent': 'lamp'} {'lent_to': 'Ada'} ")


ITEMS = st.sampled_from(["pen", "ink", "gold"])
CALLS = st.one_of(
    st.tuples(st.just("order"), st.fixed_dictionaries({"item": ITEMS, "count": st.integers(0, 3)})),
    st.tuples(st.just("show"), st.fixed_dictionaries({"order_id": st.sampled_from([FIRST, SECOND, 1])})),
    st.tuples(st.just("keep"), st.fixed_dictionaries({"tags": st.lists(st.sampled_from("ab"), max_size=2)})),
    st.tuples(st.just("all_orders"), st.just({})),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CALLS, max_size=6), st.integers(0, 6))
def test_a_run_does_what_the_bare_object_does_but_for_what_raises(calls: list[Any], cut: int) -> None:
    environment = host(Shop(), name="shop")
    run, shop = open_session(environment), Shop()
    assert isinstance(run, NativeRun)
    states = [run.state]
    for tool, arguments in calls:
        result = run.call(ToolCall(id="c", tool=tool, arguments=arguments))
        kept = as_json(vars(shop) | {"_random": None})
        try:
            expected = as_json(getattr(shop, tool)(**arguments))
            assert result.content == expected
        except KeyError:
            assert result.is_error
            shop.log = kept["log"]  # type: ignore[index, call-overload, assignment]
        states.append(run.state)
    assert run.digest == open_session(host(shop, name="shop")).state.digest
    # Every earlier state is at hand, in a fork and after going back too.
    cut = min(cut, len(calls))
    digests = [state.digest for state in states]
    twin = run.fork()
    twin.rollback(cut)
    assert twin.digest == digests[len(calls) - cut]
    for tool, arguments in calls[len(calls) - cut :]:
        twin.call(ToolCall(id="c", tool=tool, arguments=arguments))
    assert twin.digest == run.digest == digests[-1]
    with pytest.raises(InputError):
        run.rollback(len(calls) + 1)
