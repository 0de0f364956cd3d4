"""Laws of a session: all or nothing, fork, rollback, determinism."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim import InputError, LimitError, Session, StubError, ToolCall
from tests.conftest import CASES, ROOT, environment

names = st.sampled_from(["Ada", "Bo", "Eve"])
members = st.sampled_from(["M1", "M2", "M9"])
books = st.sampled_from(["B1", "B2", "B3", "B9"])
colours = st.sampled_from(["red", 7])
calls = st.one_of(
    st.tuples(st.just("find_member"), st.fixed_dictionaries({"name": names})),
    st.tuples(st.just("lend_book"), st.fixed_dictionaries({"member_id": members, "book_id": books})),
    st.tuples(st.just("return_book"), st.fixed_dictionaries({"loan_id": st.sampled_from(["L1", "L9"])})),
    st.tuples(st.just("give_pack"), st.fixed_dictionaries({"member_id": members, "colour": colours})),
    st.tuples(st.just("no_such_tool"), st.just({})),
)


def call(session: Session, tool: str, **arguments: Any) -> Any:
    return session.call(ToolCall(id="c", tool=tool, arguments=arguments))


def run(session: Session, steps: list[tuple[str, dict[str, Any]]]) -> list[object]:
    return [(r.is_error, r.content) for r in (call(session, tool, **arguments) for tool, arguments in steps)]


@given(st.lists(calls, max_size=8), st.integers(0, 3))
def test_same_seed_and_calls_give_the_same_results(steps: list[tuple[str, dict[str, Any]]], seed: int) -> None:
    first, second = (Session(environment("desk"), seed=seed) for _ in range(2))
    assert run(first, steps) == run(second, steps)
    assert first.digest == second.digest


@given(st.lists(calls, max_size=8))
def test_a_refused_call_changes_nothing(steps: list[tuple[str, dict[str, Any]]]) -> None:
    session = Session(environment("desk"))
    for tool, arguments in steps:
        before = session.digest
        if call(session, tool, **arguments).is_error:
            assert session.digest == before


@given(st.lists(calls, max_size=6), st.lists(calls, max_size=6))
def test_rollback_undoes_exactly_the_calls(
    steps: list[tuple[str, dict[str, Any]]], more: list[tuple[str, dict[str, Any]]]
) -> None:
    session = Session(environment("desk"))
    run(session, steps)
    middle = session.digest
    first = run(session, more)
    session.rollback(len(more))
    assert session.digest == middle
    assert run(session, more) == first


@given(st.lists(calls, max_size=6), st.lists(calls, max_size=6))
def test_a_fork_is_independent(steps: list[tuple[str, dict[str, Any]]], more: list[tuple[str, dict[str, Any]]]) -> None:
    session = Session(environment("desk"))
    run(session, steps)
    digest = session.digest
    fork = session.fork()
    results = run(fork, more)
    assert session.digest == digest
    assert run(session, more) == results


def test_more_calls_than_were_made_cannot_be_rolled_back() -> None:
    session = Session(environment("desk"))
    call(session, "find_member", name="Ada")
    with pytest.raises(InputError, match="no 2 calls"):
        session.rollback(2)


def test_results_share_nothing_with_arguments_or_state() -> None:
    session = Session(environment("desk"))
    result = call(session, "search_books", word="field")
    before = session.digest
    result.content["books"][0]["title"] = "changed by the host"
    assert session.digest == before
    assert call(session, "search_books", word="field").content["books"][0]["title"] == "A Field Guide"


@pytest.mark.parametrize(
    ("tool", "arguments", "kind", "words"),
    [
        ("spin", {"turns": -1}, LimitError, "fuel"),
        ("crash", {}, StubError, "KeyError"),
        ("lie", {}, StubError, r"\$\.number"),
        ("poison", {}, StubError, "nan"),
    ],
)
def test_a_broken_stub_raises_and_changes_nothing(
    tool: str, arguments: dict[str, Any], kind: type[StubError], words: str
) -> None:
    session = Session(environment("loops"))
    before = session.digest
    with pytest.raises(kind, match=words) as caught:
        call(session, tool, **arguments)
    assert caught.value.tool == tool
    assert session.digest == before


def test_a_refusal_after_a_write_undoes_the_write() -> None:
    session = Session(environment("loops"))
    before = session.digest
    assert call(session, "touch", refuse=True).content == {"error": "Refused after the write."}
    assert session.digest == before
    assert call(session, "touch", refuse=False).content == {"ok": True}
    assert session.digest != before


def test_unknown_tools_and_bad_arguments_are_refusals_with_a_reason() -> None:
    session = Session(environment("desk"))
    assert "no tool" in call(session, "teleport").content["error"]
    assert "no argument 'genre'" in call(session, "search_books", word="a", genre="b").content["error"]
    assert "$.limit" in call(session, "search_books", word="a", limit=0).content["error"]
    assert "name" in call(session, "find_member").content["error"]


def test_a_task_sets_state_and_clock() -> None:
    session = Session(environment("desk"), task="empty-desk")
    assert "L1" not in session.state["loans"]
    lent = call(session, "lend_book", member_id="M1", book_id="B3").content
    assert lent["since"] == "2026-04-01T08:30:00Z"
    with pytest.raises(InputError, match="no task 'nope'"):
        Session(environment("desk"), task="nope")


def test_the_clock_moves_only_when_told() -> None:
    session = Session(environment("desk"))
    first = call(session, "lend_book", member_id="M1", book_id="B1").content["since"]
    session.advance(90)
    second = call(session, "lend_book", member_id="M1", book_id="B2").content["since"]
    assert (first, second) == ("2026-03-02T09:00:00Z", "2026-03-02T09:01:30Z")


def test_an_argument_that_would_hide_the_state_gets_an_underscore() -> None:
    assert call(Session(environment("desk")), "lend_film", age=20, state="worn").content["state"] == "worn"


_SCRIPT = """
import sys
from gem_sim import Session, ToolCall, load_environment
session = Session(load_environment(sys.argv[1]), seed=7)
for tool, arguments in [("lend_book", {"member_id": "M1", "book_id": "B1"}), ("give_pack", {"member_id": "M2"}),
                        ("search_books", {"word": "e"})]:
    print(session.call(ToolCall(id="c", tool=tool, arguments=arguments)).model_dump_json(), session.digest)
"""


def test_other_processes_and_hash_seeds_give_the_same_bytes() -> None:
    desk = str(CASES / "environments" / "desk")
    outputs = set()
    for seed in ("0", "1", "4242"):
        variables = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": f"UTC+{seed[0]}"}
        command = [sys.executable, "-c", _SCRIPT, desk]
        outputs.add(subprocess.run(command, env=variables, capture_output=True, check=True, text=True).stdout)
    assert len(outputs) == 1
    assert outputs.pop().count("\n") == 3


def test_half_a_surrogate_pair_is_an_argument_like_any_other() -> None:
    session = Session(environment("frame_shop"))
    call = ToolCall(id="c", tool="check_size_constraints", arguments={"glass_type": "\ud800", "frame_width": 1})
    assert session.call(call).is_error
    assert Session(environment("desk")).call(ToolCall(id="c", tool="find_member", arguments={"name": "\ud800"})).content
