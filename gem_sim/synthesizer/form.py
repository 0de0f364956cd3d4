"""A verified pair as the one text that a Synthesizer writes: tools, environment, task, trajectory; and back.

    <tools> one tool a line, as Hermes lists them </tools>
    <environment> what execution needs, as JSON (see `packing`) </environment>
    <task> the user's goal and the end it expects, as JSON </task>
    <user> … </user> <assistant> … <tool_call> … </tool_call> </assistant> <tool_response> … </tool_response> …

`parse` gives back exactly what `render` was given, after `normalised` took away what it does not say: ids of calls
(they are numbered), the name on an answer (that of the call), the environment's ending (the passage's digest), and of
tools from elsewhere all but name, description and parameters.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from gem_sim.canonical import Json, parse_json
from gem_sim.errors import FormatError, InputError
from gem_sim.formats.calls import make_call
from gem_sim.formats.toolspec import read_tools
from gem_sim.message import Message
from gem_sim.pipeline.draft import Draft, JsonRow
from gem_sim.synthesizer.packing import pack, stem_of, unpack
from gem_sim.task import Task
from gem_sim.tool import Tool, ToolCall
from gem_sim.trajectory import Trajectory

_ROLES = ("system", "user", "assistant", "tool_response")
_TAGS = "|".join((*_ROLES, "tool_call", "tools", "environment", "task"))
_TAG = re.compile(rf"<(?=/?(?:{_TAGS})>)")
_ESCAPED = re.compile(rf"&((?:amp;)*)lt;(?=/?(?:{_TAGS})>)")
_SECTIONS = re.compile(
    r"<tools>\n(?P<tools>.*?)\n</tools>\n<environment>\n(?P<environment>.*?)\n</environment>\n"
    r"<task>\n(?P<task>.*?)\n</task>\n(?P<messages>.*)\Z",
    re.DOTALL,
)
_BLOCK = re.compile(rf"<(?P<role>{'|'.join(_ROLES)})>\n(?P<body>.*?)</(?P=role)>\n", re.DOTALL)
_CALL = re.compile(r"<tool_call>\n(.*?)\n</tool_call>\n", re.DOTALL)


class Pair(NamedTuple):
    """An environment's draft, a task in it, and a conversation that pursues it."""

    draft: Draft
    task: Task
    trajectory: Trajectory

    @property
    def passage(self) -> str:
        """The text that the environment was made of."""
        return self.draft.source.rstrip("\n")


def render(pair: Pair) -> str:
    """Return the text of a pair.

    Raises:
        FormatError: If the text cannot say all of it.
    """
    draft, task, trajectory = pair
    environment, own = pack(draft)
    offered = {tool.name: tool for tool in trajectory.tools}
    if lost := [name for name in own if name not in offered]:
        raise FormatError(f"the tool {lost[0]!r} of the environment is not offered")
    goal = task.model_dump(mode="json", exclude_defaults=True)
    sections = [
        _tagged("tools", "\n".join(_json(_hermes(tool)) for tool in trajectory.tools)),
        _tagged("environment", _json(environment)),
        _tagged("task", _json(goal)),
        *_rendered(trajectory.messages, _policy(draft)),
    ]
    return "\n".join(sections)


def parse(text: str, passage: str, *, origin: str = "", licence: str = "") -> Pair:
    """Return the pair that a text says, for the passage it was written about.

    Raises:
        FormatError: If the text is none that `render` could have written; says what is wrong.
    """
    found = _SECTIONS.match(text.strip() + "\n")
    if found is None:
        raise FormatError("the sections tools, environment, task and messages do not follow each other")
    try:
        offered = read_tools([_parsed(line, "a tool") for line in found["tools"].splitlines()])
        environment = _object(found["environment"], "the environment")
        draft = unpack(environment, {tool.name: tool for tool in offered}, passage, origin=origin, licence=licence)
        task = Task.model_validate(_object(found["task"], "the task"))
        messages = _messages(found["messages"], _policy(draft))
        tools = tuple(_offered(tool, draft) for tool in offered)
    except ValidationError as error:
        first = error.errors()[0]
        raise FormatError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except InputError as error:
        raise FormatError(str(error)) from None
    name = f"{draft.name}/{task.id}"
    return Pair(draft, task, Trajectory(id=name, messages=tuple(messages), tools=tools, task=task.id))


def normalised(pair: Pair) -> Pair:
    """Return the pair as its text says it."""
    draft, task, trajectory = pair
    name = f"{stem_of(draft)}_{ending(pair.passage)}"
    draft = draft._replace(environment={**draft.environment, "name": name}, source=f"{pair.passage}\n")
    tools = tuple(_offered(tool, draft) for tool in trajectory.tools)
    messages = tuple(_numbered(trajectory.messages))
    return Pair(draft, task, Trajectory(id=f"{name}/{task.id}", messages=messages, tools=tools, task=task.id))


def ending(passage: str) -> str:
    """Return what ends the names of environments made of a passage."""
    return hashlib.sha256(passage.encode()).hexdigest()[:8]


def _policy(draft: Draft) -> str:
    policy = draft.environment.get("policy")
    return "\n".join(map(str, policy)) if isinstance(policy, list) else ""


def _hermes(tool: Tool) -> JsonRow:
    said: JsonRow = {"name": tool.name, "description": tool.description}
    if tool.parameters is not None:
        said["parameters"] = tool.parameters
    return {"type": "function", "function": said}


def _offered(tool: Tool, draft: Draft) -> Tool:
    """Return a tool as it is offered: the environment's without a body, one of elsewhere with what the text says."""
    specs = draft.environment["tools"]
    for spec in specs if isinstance(specs, list) else []:
        if isinstance(spec, dict) and spec.get("name") == tool.name:
            known = {key: value for key, value in spec.items() if key != "body"}
            return Tool.model_validate(known, strict=False)
    return Tool(name=tool.name, description=tool.description, parameters=tool.parameters)


def _json(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _TAG.sub("\\\\u003c", text)


def _parsed(text: str, what: str) -> Json:
    try:
        return parse_json(text)
    except ValueError as error:
        raise FormatError(f"{what} is not JSON: {getattr(error, 'msg', error)}") from None


def _object(text: str, what: str) -> JsonRow:
    value = _parsed(text, what)
    if not isinstance(value, dict):
        raise FormatError(f"{what} is no JSON object")
    return value


def _tagged(tag: str, text: str) -> str:
    return f"<{tag}>\n{text}\n</{tag}>"


def _escape(text: str) -> str:
    return _TAG.sub("&lt;", _ESCAPED.sub(r"&amp;\1lt;", text))


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: f"&{found[1][4:]}lt;" if found[1] else "<", text)


def _rendered(messages: Sequence[Message], policy: str) -> Iterator[str]:
    for index, message in enumerate(messages):
        if message.extra or any(call.unreadable is not None for call in message.tool_calls):
            raise FormatError(f"message {index} has what the text cannot say")
        if message.role == "assistant":
            said = [] if message.content is None else [_escape(message.content)]
            said += [_tagged("tool_call", _json(_call(call))) for call in message.tool_calls]
            yield "\n".join(["<assistant>", *said, "</assistant>"])
            continue
        if message.content is None:
            raise FormatError(f"message {index} says nothing")
        if message.role == "system" and index == 0 and message.content == policy:
            continue
        role = "tool_response" if message.role == "tool" else message.role
        yield _tagged(role, _escape(message.content))


def _call(call: ToolCall) -> JsonRow:
    return {"name": call.tool, "arguments": call.arguments}


def _messages(text: str, policy: str) -> list[Message]:
    messages: list[Message] = []
    at = 0
    while at < len(text):
        block = _BLOCK.match(text, at)
        if block is None:
            raise FormatError(f"no message begins at {text[at : at + 40]!r}")
        messages.append(_message(block["role"], block["body"]))
        at = block.end()
    if not messages or messages[0].role != "system":
        messages.insert(0, Message(role="system", content=policy))
    return list(_numbered(messages))


def _message(role: str, body: str) -> Message:
    if role == "assistant":
        return _assistant(body)
    if not body.endswith("\n"):
        raise FormatError(f"a {role} block does not end on a line of its own")
    content = _unescape(body[:-1])
    if role == "tool_response":
        return Message(role="tool", content=content)
    return Message(role="system" if role == "system" else "user", content=content)


def _assistant(body: str) -> Message:
    begin = body.find("<tool_call>\n")
    said, calls = (body, "") if begin < 0 else (body[:begin], body[begin:])
    if said and not said.endswith("\n"):
        raise FormatError("an assistant block does not end on a line of its own")
    made: list[ToolCall] = []
    at = 0
    while at < len(calls):
        found = _CALL.match(calls, at)
        if found is None:
            raise FormatError("an assistant block goes on after its calls")
        value = _object(found[1], "a call")
        call = make_call(value.get("name"), value.get("arguments"))
        if call.unreadable is not None or value.keys() != {"name", "arguments"}:
            raise FormatError("a call is not a name and an object of arguments")
        made.append(call)
        at = found.end()
    content = _unescape(said[:-1]) if said else None
    return Message(role="assistant", content=content, tool_calls=tuple(made))


def _numbered(messages: Sequence[Message]) -> Iterator[Message]:
    """Yield the messages with calls numbered, and each answer with the id and name of the call it answers."""
    number = 0
    waiting: list[ToolCall] = []
    named: dict[str, ToolCall] = {}
    for message in messages:
        if message.role == "tool":
            call = named.get(message.tool_call_id or "") or (waiting[0] if waiting else None)
            if call is None:
                raise FormatError("an answer follows no call")
            waiting = [one for one in waiting if one is not call]
            yield Message(role="tool", content=message.content, tool_call_id=call.id, name=call.tool)
            continue
        if not message.tool_calls:
            yield message
            continue
        made = []
        named = {}
        for call in message.tool_calls:
            number += 1
            fresh = call.model_copy(update={"id": f"call_{number}"})
            named[call.id] = fresh
            made.append(fresh)
        named.pop("", None)
        waiting = list(made)
        yield message.model_copy(update={"tool_calls": tuple(made)})
