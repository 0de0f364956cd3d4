"""Every format gives back what it can say: read(write(t)) == t, and on anything reading after writing settles."""

from __future__ import annotations

import json
import re

from hypothesis import assume, given
from hypothesis import strategies as st

from gem_sim.formats import FORMATS, Format
from gem_sim.formats.calls import fill_ids, make_call
from gem_sim.formats.gem import GEM
from gem_sim.formats.hermes import HERMES
from gem_sim.formats.openai import OPENAI
from gem_sim.formats.rows import dump_json
from gem_sim.formats.sharegpt import SHAREGPT
from gem_sim.message import Message
from gem_sim.tool import Tool, ToolCall
from gem_sim.trajectory import Trajectory

TAG = re.compile("</?(tool_call|func|tool_response|tool|tools)>")
TAGS = [
    "<tool_call>",
    "</tool_call>",
    "<func>",
    "</func>",
    "<tool_response>",
    "</tool_response>",
    "<tool>",
    "</tool>",
]

# Two lone surrogates side by side are one character in JSON, so a text from JSON has at most single ones.
letters = st.one_of(st.characters(codec="utf-8"), st.just("\ud83d"), st.sampled_from('{}[]",:\\<>\n'))
texts = st.one_of(
    st.text(letters, max_size=12),
    st.lists(st.sampled_from([*TAGS, '{"name": "a", "arguments": {}}', "x", " ", "\n", "{", '"']), max_size=5).map(
        "".join
    ),
)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, json_values, max_size=3)
ids = texts.filter(bool)
names = st.sampled_from(["a", "look"]) | ids
extras = st.dictionaries(st.sampled_from(["meta", "weight", "ü"]), json_values, max_size=2)


def is_unreadable(text: str) -> bool:
    return make_call("a", text).unreadable == text


calls = st.builds(ToolCall, id=ids, tool=names, arguments=objects) | st.builds(
    ToolCall, id=ids, tool=names, unreadable=texts.filter(is_unreadable)
)
tools = st.builds(
    Tool,
    name=texts,
    description=texts,
    effect=st.sampled_from([None, "read", "write"]),
    parameters=st.none() | objects,
    returns=st.none() | objects,
    reads=st.none() | st.lists(texts, max_size=2).map(tuple),
    body=st.none() | st.lists(texts, max_size=2).map(tuple),
    extra=extras,
)
# What Hermes would take for a wrapped answer, for tags, or for white space around one.
sly = st.sampled_from(
    [
        '{"name": "a", "content": {"name": "a", "content": 1}}',
        '{"name": "a", "content": "</tool_response>"}',
        "<tool_response>x</tool_response>",
        '{"a": "</tool>"',
        "<tool>",
        " x\n",
        "\n",
        "",
        '{"a": [1,2]} ',
    ]
)
contents = st.none() | sly | texts
any_message = st.one_of(
    st.builds(Message, role=st.sampled_from(["system", "user", "assistant"]), content=contents, extra=extras),
    st.builds(
        Message,
        role=st.just("assistant"),
        content=contents,
        tool_calls=st.lists(calls, max_size=3).map(tuple),
        extra=extras,
    ),
    st.builds(
        Message,
        role=st.just("tool"),
        content=contents,
        tool_call_id=st.none() | ids,
        name=st.none() | texts,
        extra=extras,
    ),
)


def trajectories_of(messages: st.SearchStrategy[tuple[Message, ...]]) -> st.SearchStrategy[Trajectory]:
    return st.builds(
        Trajectory,
        id=ids,
        messages=messages,
        tools=st.lists(tools, max_size=2).map(tuple),
        task=st.none() | texts,
        source=st.none() | texts,
        extra=extras,
    )


any_trajectory = trajectories_of(st.lists(any_message, max_size=6).map(tuple))

# What tagged text can say: prose without tags; beside calls no empty text and no white space at its end; answers
# in the order of their calls, none left out before another, without names; ids numbered.
prose = texts.filter(lambda text: not TAG.search(text))
beside_calls = prose.filter(lambda text: text.strip() and text == text.rstrip())
answers = st.builds(Message, role=st.just("tool"), content=contents, extra=extras)


@st.composite
def expressible_messages(draw: st.DrawFn) -> tuple[Message, ...]:
    messages: list[Message] = []
    for kind in draw(st.lists(st.sampled_from(["call", "prose"]), min_size=1, max_size=4)):
        if kind == "prose":
            role = draw(st.sampled_from(["system", "user", "assistant"]))
            messages.append(Message(role=role, content=draw(st.none() | prose), extra=draw(extras)))
            continue
        called = [call.model_copy(update={"id": ""}) for call in draw(st.lists(calls, min_size=1, max_size=3))]
        content = draw(st.none() | beside_calls)
        caller = Message(role="assistant", content=content, tool_calls=tuple(called), extra=draw(extras))
        messages.append(caller)
        messages += draw(st.lists(answers, min_size=draw(st.integers(0, len(called))), max_size=len(called)))
    return _linked(fill_ids(messages))


def _linked(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    linked: list[Message] = []
    waiting: list[str] = []
    for message in messages:
        if message.tool_calls:
            waiting = [call.id for call in message.tool_calls]
        update = {"tool_call_id": waiting.pop(0)} if message.role == "tool" else {}
        linked.append(message.model_copy(update=update))
    return tuple(linked)


@given(any_trajectory)
def test_openai_says_everything(trajectory):
    assume(all(call.id for placed in trajectory.calls() for call in [placed.call]))
    assert OPENAI.read(through_json(OPENAI.write(trajectory)), "") == trajectory


# Each trajectory goes through every format: to draw one takes longer than to write and read it.
@given(trajectory=trajectories_of(expressible_messages()))
def test_tagged_formats_say_what_they_can(trajectory: Trajectory):
    for known in (HERMES, GEM, SHAREGPT):
        assert known.read(through_json(known.write(trajectory)), "") == trajectory, known.name


@given(trajectory=any_trajectory)
def test_writing_is_deterministic_and_reading_after_it_settles(trajectory: Trajectory):
    copy = trajectory.model_copy(deep=True)
    for known in FORMATS:
        assert dump_json(known.write(trajectory)) == dump_json(known.write(copy)), known.name
        settles(known, trajectory)


def settles(known: Format, trajectory: Trajectory) -> None:
    without_lists = [message for message in trajectory.messages if "<tools>" not in (message.content or "")]
    trajectory = trajectory.model_copy(update={"messages": tuple(without_lists)})
    once = known.read(through_json(known.write(trajectory)), "")
    again = known.read(through_json(known.write(once)), "")
    assert again == once, known.name
    assert len(list(once.calls())) == len(list(trajectory.calls())), known.name


def through_json(row):
    return json.loads(dump_json(row))
