"""ShareGPT turns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gem_sim.errors import FormatError
from gem_sim.formats import read_trajectories, read_trajectory
from gem_sim.formats.sharegpt import SHAREGPT
from gem_sim.tool import ToolCall

CASES = Path(__file__).resolve().parent.parent / "cases" / "formats"


def read(*turns, **row):
    listed = [{"from": speaker, "value": value} for speaker, value in turns]
    trajectory = read_trajectory({"id": "t", "conversations": listed} | row)
    assert SHAREGPT.read(SHAREGPT.write(trajectory), "") == trajectory
    return trajectory


def test_calls_and_observations_become_messages():
    trajectory, tagged = read_trajectories(CASES / "sharegpt.jsonl")
    assert [message.role for message in trajectory.messages] == [
        "system", "user", "assistant", "tool", "tool", "assistant",
    ]  # fmt: skip
    assert [(placed.call.arguments, placed.answer.content) for placed in trajectory.calls()] == [
        ({"bed": 1}, '{"litres": 5}'),
        ({"bed": 2}, '{"litres": 6}'),
    ]
    assert [tool.description for tool in trajectory.tools] == ["Water a bed."]
    (placed,) = tagged.calls()
    assert (placed.turn, placed.call.arguments, placed.answer.content) == (1, {"bed": 1}, '{"litres": 5}')
    assert tagged.messages[1].content == "Gladly."


@pytest.mark.parametrize("encode", [lambda value: value, json.dumps, lambda value: json.dumps(json.dumps(value))])
@pytest.mark.parametrize("times", [1, 2])
def test_a_function_call_holds_one_call_or_a_list(encode, times):
    call = {"name": "look", "arguments": {"n": 1}}
    trajectory = read(("human", "go"), ("function_call", encode(call if times == 1 else [call] * 2)))
    assert [placed.call.arguments for placed in trajectory.calls()] == [{"n": 1}] * times


@pytest.mark.parametrize("speaker", ["observation", "tool", "function_response"])
def test_every_spelling_of_an_answer_is_read(speaker):
    trajectory = read(("function_call", {"name": "look"}), (speaker, {"seen": "a cat"}))
    (placed,) = trajectory.calls()
    assert placed.answer.value() == {"seen": "a cat"}
    assert placed.answer.tool_call_id == placed.call.id == "call_1"


def test_a_broken_function_call_is_unreadable():
    trajectory = read(("function_call", '{"name": "look", "arguments": {"n": 1'))
    assert trajectory.messages[0].tool_calls == (ToolCall(id="call_1", tool="look", unreadable='{"n": 1'),)


def test_keys_of_turns_and_rows_are_kept():
    row = {
        "conversations": [{"from": "gpt", "value": "hi", "loss": 0}],
        "system": "",
        "lang": "en",
        "task": "t1",
    }
    trajectory = SHAREGPT.read(row, "file:1")
    assert (trajectory.id, trajectory.task, trajectory.extra) == ("file:1", "t1", {"lang": "en"})
    assert trajectory.messages[0].extra == {"loss": 0}
    assert SHAREGPT.read(SHAREGPT.write(trajectory), "") == trajectory


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        (
            [{"from": "gpt", "value": "x"}, {"from": "narrator", "value": "x"}],
            r"conversations\[1\].*narrator",
        ),
        ([{"from": "gpt", "value": "x"}, "x"], r"conversations\[1\].*a string"),
        ([{"from": "function_call", "value": "look around"}], "not JSON"),
        ([{"from": "function_call", "value": None}], "null"),
        ([{"role": "user", "content": "x"}], "'conversations'"),
    ],
)
def test_what_cannot_be_read_is_named(turns, said):
    with pytest.raises(FormatError, match=said):
        read_trajectory({"conversations": turns})
