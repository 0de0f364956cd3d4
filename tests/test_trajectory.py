"""Calls of a trajectory, each with its place and its answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gem_sim.message import Message
from gem_sim.tool import ToolCall, ToolResult
from gem_sim.trajectory import Trajectory, pair_answers

IDS = st.sampled_from(["a", "b", "c"])
MESSAGES = st.one_of(
    st.builds(Message, role=st.just("user"), content=st.just("x")),
    st.builds(Message, role=st.just("tool"), content=st.just("1"), tool_call_id=IDS | st.none()),
    st.builds(
        Message,
        role=st.just("assistant"),
        tool_calls=st.lists(st.builds(ToolCall, id=IDS, tool=st.just("t")), max_size=3).map(tuple),
    ),
)


@given(st.lists(MESSAGES, max_size=8))
def test_each_call_is_placed_and_gets_the_first_open_answer_of_its_id(messages: list[Message]) -> None:
    trajectory = Trajectory(id="t", messages=tuple(messages))
    expected = []
    for index, message in enumerate(messages):
        turn = sum(earlier.role == "user" for earlier in messages[: index + 1])
        answers = trajectory.answers_after(index)
        for call, answer in zip(message.tool_calls, pair_answers(message.tool_calls, answers), strict=True):
            expected.append((turn, len(expected) + 1, index, id(call), id(answer)))
    found = [(p.turn, p.number, p.message, id(p.call), id(p.answer)) for p in trajectory.calls()]
    assert found == expected


def test_an_unchecked_result_is_like_any_other() -> None:
    made, quick = ToolResult(call_id="c", content={"a": [1]}), ToolResult.unchecked("c", {"a": [1]}, False)
    assert made == quick
    assert made.model_dump_json() == quick.model_dump_json()
    assert quick.model_copy(update={"is_error": True}) == ToolResult(call_id="c", content={"a": [1]}, is_error=True)
