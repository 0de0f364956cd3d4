"""Hermes and GEM: calls and answers between tags."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gem_sim.errors import FormatError
from gem_sim.formats import read_trajectories, read_trajectory
from gem_sim.formats.gem import GEM
from gem_sim.formats.hermes import HERMES
from gem_sim.message import Message
from gem_sim.tool import ToolCall
from gem_sim.trajectory import Trajectory

CASES = Path(__file__).resolve().parent.parent / "cases" / "formats"
CLOSED = "<tool_call>{}</tool_call>"
CALL = '{"name": "look", "arguments": {"n": 1}}'


def read(*messages: tuple[str, str]) -> Trajectory:
    row = {"id": "t", "messages": [{"role": role, "content": content} for role, content in messages]}
    trajectory = read_trajectory(row)
    for known in (HERMES, GEM):
        assert known.read(known.write(trajectory), "") == trajectory
    return trajectory


def assistant(text: str) -> Message:
    return read(("user", "go"), ("assistant", text)).messages[1]


def test_hermes_becomes_calls_and_tool_messages():
    trajectory, broken = read_trajectories(CASES / "hermes.jsonl")
    assert [message.role for message in trajectory.messages] == [
        "system", "user", "assistant", "tool", "tool", "user", "assistant",
    ]  # fmt: skip
    assert [tool.name for tool in trajectory.tools] == ["find_tram", "buy_ticket"]
    tram, ticket = trajectory.calls()
    assert tram.call == ToolCall(id="call_1", tool="find_tram", arguments={"stop": "Weimarhalle"})
    assert ticket.call == ToolCall(id="call_2", tool="buy_ticket", arguments={"count": 2})
    assert tram.answer == Message(role="tool", content='{"minutes": 4}', tool_call_id="call_1")
    assert ticket.answer == Message(role="tool", content='{"ids": ["T1", "T2"]}', tool_call_id="call_2")
    assert trajectory.messages[2].content == "One moment."
    assert trajectory.messages[5].content == "And hurry, please."
    (placed,) = broken.calls()
    assert placed.call == ToolCall(id="call_1", tool="buy_ticket", unreadable='{"count": 1')
    assert placed.answer is not None
    assert placed.answer.content == "bad arguments"


def test_the_papers_tags_are_read():
    (trajectory,) = read_trajectories(CASES / "gem.jsonl")
    assert GEM.recognise(GEM.write(trajectory))
    assert [message.role for message in trajectory.messages] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    (placed,) = trajectory.calls()
    assert placed.call.arguments == {"box": 7}
    assert placed.answer is not None
    assert placed.answer.value() == {"shelf": "B2"}
    assert GEM.write(trajectory)["messages"][3] == {
        "role": "user",
        "content": '<tool>\n{"shelf": "B2"}\n</tool>',
    }


@pytest.mark.parametrize(
    ("text", "content", "calls"),
    [
        (f"<tool_call>\n{CALL}\n</tool_call>", None, 1),
        (f"<tool_call>{CALL}", None, 1),
        (f"Wait.\n\n<tool_call>{CALL}</tool_call>", "Wait.", 1),
        (f"A <tool_call>{CALL}</tool_call> B <tool_call>{CALL}</tool_call> C", "A\nB\nC", 2),
        (f"<tool_call>{CALL}<tool_call>{CALL}</tool_call>", None, 2),
        (f"<tool_call>[{CALL}, {CALL}]</tool_call>", None, 2),
        (f'<tool_call>{{"type": "function", "function": {CALL}}}</tool_call>', None, 1),
        ("The <tool_call> tag is fine.", "The <tool_call> tag is fine.", 0),
    ],
)
def test_text_around_tags_is_the_content(text, content, calls):
    row = {"messages": [{"role": "assistant", "content": text}]}
    (message,) = HERMES.read(row, "t").messages
    assert message.content == content
    assert [(call.tool, call.arguments) for call in message.tool_calls] == [("look", {"n": 1})] * calls


def test_a_string_may_quote_the_tags():
    arguments = {"text": "</tool_call> <tool_call>{} </tool_response> <func>"}
    body = json.dumps({"name": "say", "arguments": arguments})
    assert assistant(CLOSED.format(body)).tool_calls[0].arguments == arguments


@pytest.mark.parametrize(
    ("body", "unreadable"),
    [
        ('{"name": "look", "arguments": {"n": 1', '{"n": 1'),
        ('{"name": "look", "arguments": {"n": 1,}}', '{"n": 1,}'),
        ('{"name": "look", "arguments": {"n": NaN}}', '{"n": NaN}'),
        ('{"name": "look", "arguments": [1,2]}', "[1, 2]"),
        ('{"name": "look", "arguments": "x y"}', "x y"),
    ],
)
def test_a_broken_call_has_unreadable_arguments(body, unreadable):
    message = assistant(CLOSED.format(body))
    assert message.tool_calls == (ToolCall(id="call_1", tool="look", unreadable=unreadable),)


def test_broken_arguments_are_written_verbatim():
    body = '{"name": "look", "arguments": {"n": 1,}}'
    trajectory = read(("user", "go"), ("assistant", CLOSED.format(body)))
    assert HERMES.write(trajectory)["messages"][1]["content"] == f"<tool_call>\n{body}\n</tool_call>"


@pytest.mark.parametrize("body", ["", "{}", "[1]", '{"name": 4}', '{"name"', "look(n=1)"])
def test_a_call_without_a_name_is_an_error(body):
    row = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": CLOSED.format(body)}]}
    with pytest.raises(FormatError, match=r"messages\[1\]: a call"):
        read_trajectory(row)


def test_answers_of_a_user_are_no_user_messages():
    trajectory = read(
        ("user", "go"),
        ("assistant", CLOSED.format(CALL) * 2),
        ("user", "<tool_response>a</tool_response> <tool_response>\n{'b': 1}\n</tool_response>"),
        ("user", "Well? <tool_response>stray</tool_response>"),
    )
    roles = [message.role for message in trajectory.messages]
    assert roles == ["user", "assistant", "tool", "tool", "tool", "user"]
    assert [message.tool_call_id for message in trajectory.messages[2:5]] == ["call_1", "call_2", None]
    assert trajectory.messages[5].content == "Well?"


def test_a_tool_that_returns_a_page_with_tags_says_one_thing():
    page = "See <tool_response>this</tool_response> for the format."
    trajectory = read(("user", "go"), ("assistant", CLOSED.format(CALL)), ("tool", page))
    assert trajectory.messages[2].content == page


def test_answers_are_written_in_the_order_of_the_calls():
    calls = (ToolCall(id="a", tool="first"), ToolCall(id="b", tool="second"))
    messages = (
        Message(role="assistant", tool_calls=calls),
        Message(role="tool", tool_call_id="b", content="B"),
        Message(role="tool", tool_call_id="a", content="A"),
    )
    for known in (HERMES, GEM):
        again = known.read(known.write(Trajectory(id="t", messages=messages)), "")
        answers = [(placed.call.tool, placed.answer and placed.answer.content) for placed in again.calls()]
        assert answers == [("first", "A"), ("second", "B")]


def test_structured_calls_outweigh_tags_in_prose():
    row = {
        "messages": [
            {
                "role": "assistant",
                "content": "As in <tool_call>{}",
                "tool_calls": [{"function": {"name": "look"}}],
            }
        ]
    }
    (placed,) = read_trajectory(row).calls()
    assert placed.call.tool == "look"


def test_an_unreadable_tool_list_in_the_prompt_is_an_error():
    row = {
        "messages": [
            {"role": "system", "content": "<tools>none of your business</tools>"},
            {"role": "assistant", "content": CLOSED.format(CALL)},
        ]
    }
    with pytest.raises(FormatError, match="tools"):
        read_trajectory(row)


def test_python_literals_in_the_prompts_tool_list_are_read():
    row = {
        "messages": [
            {
                "role": "system",
                "content": "<tools> [{'type': 'function', 'function': {'name': 'look'}}] </tools>",
            },
            {"role": "assistant", "content": CLOSED.format(CALL)},
        ]
    }
    assert [tool.name for tool in read_trajectory(row).tools] == ["look"]


@pytest.mark.parametrize(
    "content",
    [
        '{"name": "look", "content": 1}',
        " x\n",
        "",
        "</tool_response>",
        "<tool>x</tool>",
        "\n{'a': 1}",
        None,
        '{"a": 1} ',
    ],
)
def test_an_answer_comes_back_as_it_was(content):
    messages = (
        Message(role="assistant", tool_calls=(ToolCall(id="call_1", tool="look"),)),
        Message(role="tool", tool_call_id="call_1", content=content),
    )
    for known in (HERMES, GEM):
        written = known.write(Trajectory(id="t", messages=messages))
        assert known.read(written, "").messages == messages
        assert written["messages"][1]["content"].count("</tool") == 1, "other readers look for the first closing tag"


def test_tools_in_the_prompt_are_read_where_nothing_is_called():
    row = {
        "messages": [
            {"role": "system", "content": 'Use <tools>\n{"name": "look"}\n</tools>'},
            {"role": "user", "content": "Hello."},
        ]
    }
    assert [tool.name for tool in read_trajectory(row).tools] == ["look"]
