"""OpenAI messages, as the interface defines them and as data sets spell them."""

from __future__ import annotations

import json

import pytest

from gem_sim.errors import FormatError
from gem_sim.formats import read_trajectory
from gem_sim.formats.openai import OPENAI
from gem_sim.message import Message
from gem_sim.tool import Tool, ToolCall

SPEC = {"name": "look", "description": "Look around.", "parameters": {"type": "object"}}


def call(arguments, **keys):
    return {"id": "c1", "type": "function", "function": {"name": "look", "arguments": arguments}} | keys


def read(*messages, **row):
    return read_trajectory({"id": "t", "messages": list(messages)} | row)


def only_call(entry) -> ToolCall:
    trajectory = read({"role": "assistant", "content": None, "tool_calls": [entry]})
    assert OPENAI.read(OPENAI.write(trajectory), "") == trajectory
    return trajectory.messages[0].tool_calls[0]


@pytest.mark.parametrize("times", [0, 1, 2, 3, 4])
def test_arguments_are_read_however_often_they_were_encoded(times):
    arguments = {"where": 'the "attic"', "n": [1, {"deep": None}]}
    recorded = arguments
    for _ in range(times):
        recorded = json.dumps(recorded)
    assert only_call(call(recorded)) == ToolCall(id="c1", tool="look", arguments=arguments)


@pytest.mark.parametrize("nothing", [None, "", "  ", {}, "{}"])
def test_no_arguments_are_an_empty_object(nothing):
    assert only_call(call(nothing)) == ToolCall(id="c1", tool="look")


@pytest.mark.parametrize(
    ("recorded", "text"),
    [
        ('{"a": 1', '{"a": 1'),
        ("[1,2]", "[1,2]"),
        ("null", "null"),
        ('{"a": NaN}', '{"a": NaN}'),
        ('{"a": 1, "a": 2}', '{"a": 1, "a": 2}'),
        ("{'a': 1}", "{'a': 1}"),
        ([1, 2], "[1, 2]"),
        (7, "7"),
        ('"words"', '"words"'),
    ],
)
def test_other_arguments_are_kept_verbatim(recorded, text):
    read_call = only_call(call(recorded))
    assert read_call == ToolCall(id="c1", tool="look", unreadable=text)
    trajectory = read({"role": "assistant", "tool_calls": [call(recorded)]})
    written = OPENAI.write(trajectory)["messages"][0]["tool_calls"][0]
    assert written["function"]["arguments"] == text


def test_missing_ids_are_numbered_apart_from_recorded_ones():
    calls = [call("{}", id=None), call("{}", id="call_2"), call("{}", id=""), {"function": {"name": "look"}}]
    trajectory = read({"role": "assistant", "tool_calls": calls}, {"role": "tool", "content": "x"})
    assert [placed.call.id for placed in trajectory.calls()] == ["call_1", "call_2", "call_3", "call_4"]
    assert trajectory.messages[1].tool_call_id is None
    assert next(trajectory.calls()).answer is trajectory.messages[1]


def test_number_ids_become_strings():
    trajectory = read(
        {"role": "assistant", "tool_calls": [call("{}", id=5)]},
        {"role": "tool", "tool_call_id": 5, "content": "x"},
        id=17,
        task_id=3,
    )
    assert (trajectory.id, trajectory.task) == ("17", "3")
    assert next(trajectory.calls()).answer is not None


def test_legacy_function_calls_and_results_are_read():
    trajectory = read(
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": '{"n": 1}'}},
        {"role": "function", "name": "look", "content": "a cat"},
        functions=[SPEC],
    )
    (placed,) = trajectory.calls()
    assert placed.call == ToolCall(id="call_1", tool="look", arguments={"n": 1})
    assert placed.answer == Message(role="tool", name="look", content="a cat")
    assert [tool.name for tool in trajectory.tools] == ["look"]
    assert OPENAI.read(OPENAI.write(trajectory), "") == trajectory


def test_a_developer_is_a_system_and_written_back():
    trajectory = read({"role": "developer", "content": "Be brief."})
    assert trajectory.messages[0].role == "system"
    assert OPENAI.write(trajectory)["messages"][0]["role"] == "developer"


PARTS = [
    {"type": "text", "text": "one "},
    {"type": "image_url", "image_url": {"url": "u"}},
    {"type": "text", "text": "two"},
]


@pytest.mark.parametrize(
    ("role", "recorded", "text"),
    [
        ("user", PARTS, "one two"),
        ("tool", PARTS, "one two"),
        ("user", ["one ", "two"], "one two"),
        ("user", PARTS[1:2], None),
        ("user", [], None),
        ("tool", {"ok": True, "name": "é"}, '{"ok": true, "name": "é"}'),
        ("tool", [{"type": "double", "price": 3}], '[{"type": "double", "price": 3}]'),
        ("tool", [], "[]"),
        ("tool", 5, "5"),
        ("assistant", {"a": 1}, '{"a": 1}'),
    ],
)
def test_content_that_is_no_string_is_read_and_written_back(role, recorded, text):
    trajectory = read({"role": role, "content": recorded})
    message = trajectory.messages[0]
    assert message.content == text
    assert OPENAI.write(trajectory)["messages"][0]["content"] == recorded
    changed = trajectory.model_copy(update={"messages": (message.model_copy(update={"content": "new"}),)})
    assert OPENAI.write(changed)["messages"][0]["content"] == "new"


def test_content_none_and_missing_are_none():
    trajectory = read({"role": "assistant", "content": None}, {"role": "assistant"})
    assert [message.content for message in trajectory.messages] == [None, None]


@pytest.mark.parametrize(
    "listed",
    [
        [{"type": "function", "function": SPEC}],
        [SPEC],
        [{"type": "function", **SPEC}],
        [{"name": "look", "description": "Look around.", "inputSchema": {"type": "object"}}],
        [{"name": "look", "description": "Look around.", "input_schema": {"type": "object"}}],
        [SPEC | {"parameters": '{"type": "object"}'}],
        [json.dumps(SPEC)],
        json.dumps([{"type": "function", "function": SPEC}]),
        [SPEC | {"inputSchema": None, "type": None}],
    ],
)
def test_every_spelling_of_a_tool_is_read(listed):
    trajectory = read(tools=listed)
    tool = trajectory.tools[0]
    assert (tool.name, tool.description, tool.parameters) == ("look", "Look around.", {"type": "object"})
    assert OPENAI.write(trajectory)["tools"][0]["function"]["parameters"] == {"type": "object"}
    assert OPENAI.read(OPENAI.write(trajectory), "") == trajectory


def test_a_tool_of_this_project_is_kept_whole():
    tool = Tool(name="a", effect="write", returns={"type": "string"}, reads=(), writes=("t",), body=("return 1",))
    trajectory = read().model_copy(update={"tools": (tool.model_copy(update={"extra": {"strict": True}}),)})
    assert OPENAI.read(OPENAI.write(trajectory), "") == trajectory


@pytest.mark.parametrize("nothing", [None, "", "[]", []])
def test_no_tools_are_none(nothing):
    assert read(tools=nothing).tools == ()


def test_nulls_of_column_stores_are_tolerated():
    trajectory = read(
        {
            "role": "user",
            "content": "hi",
            "tool_calls": None,
            "tool_call_id": None,
            "name": None,
            "function_call": None,
        },
        {"role": "assistant", "content": None, "tool_calls": [call("{}", function_call=None)], "name": None},
        {"role": "tool", "content": "x", "tool_call_id": "c1", "name": None, "tool_calls": []},
        tools=None,
        task=None,
        source=None,
    )
    assert [message.role for message in trajectory.messages] == ["user", "assistant", "tool"]
    assert next(trajectory.calls()).answer is not None
    assert (trajectory.task, trajectory.source) == (None, None)


def test_messages_and_calls_are_read_from_json_text():
    messages = [{"role": "assistant", "tool_calls": json.dumps([call("{}")])}]
    trajectory = read_trajectory({"id": "t", "messages": json.dumps(messages)})
    assert len(list(trajectory.calls())) == 1


def test_unknown_keys_are_kept():
    trajectory = read(
        {"role": "user", "content": "hi", "name": "Ada", "weight": 1},
        {"role": "tool", "content": "x", "name": 5},
        tools=[SPEC | {"strict": True}],
        task={"goal": 1},
        source="here",
        meta={"split": "test"},
        licence="MIT",
    )
    assert trajectory.extra == {"task": {"goal": 1}, "meta": {"split": "test"}, "licence": "MIT"}
    assert trajectory.source == "here"
    assert trajectory.messages[0].extra == {"name": "Ada", "weight": 1}
    assert trajectory.messages[1].extra == {"name": 5}
    assert trajectory.tools[0].extra == {"strict": True}
    assert OPENAI.read(OPENAI.write(trajectory), "") == trajectory


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"messages": ["hi"]}, r"messages\[0\].*a string"),
        ({"messages": [{"role": "king"}]}, "king"),
        ({"messages": [{"content": "x"}]}, "role"),
        ({"messages": [{"role": ["user"]}]}, "role"),
        ({"messages": [{"role": "user", "tool_calls": [call("{}")]}]}, "user message calls"),
        ({"messages": [{"role": "assistant", "tool_calls": {"a": 1}}]}, "tool_calls"),
        ({"messages": [{"role": "assistant", "tool_calls": [None]}]}, "null"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}]},
            "names no tool",
        ),
        ({"messages": [{"role": "assistant", "tool_calls": [{"function": "look"}]}]}, "function"),
        ({"messages": [{"role": "assistant", "content": [{"type": "tool_use"}]}]}, "tool_use"),
        ({"messages": [], "tools": {"a": 1}}, "tools"),
        ({"messages": [], "tools": "not json"}, "tools"),
        ({"messages": [], "tools": [{"description": "x"}]}, r"tools\[0\].*name"),
        ({"messages": [], "tools": [{"name": "a", "parameters": [1]}]}, "parameters"),
        ({"messages": [], "tools": [{"name": "a", "description": 4}]}, "description"),
        ({"messages": [], "id": ["a"]}, "id"),
        ({"messages": "text"}, "'messages'"),
        ({"prompt": 1, "output": 2}, "'prompt', 'output'"),
        ({}, "none"),
    ],
)
def test_what_cannot_be_read_is_named(row, said):
    with pytest.raises(FormatError, match=said) as caught:
        read_trajectory(row)
    assert "\n" not in str(caught.value)
