"""OpenAI chat messages with `tool_calls`, and what data sets make of them."""

from __future__ import annotations

from pydantic import JsonValue

from gem_sim.errors import FormatError
from gem_sim.formats.calls import arguments_text, fill_ids, make_call
from gem_sim.formats.format import Format, read_frame, read_id, read_list, write_frame
from gem_sim.formats.rows import JsonObject, dump_json, kind_of
from gem_sim.formats.toolspec import write_tool
from gem_sim.message import Message, Role
from gem_sim.tool import ToolCall
from gem_sim.trajectory import Trajectory

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_PARTS = frozenset(
    (
        "text",
        "input_text",
        "output_text",
        "refusal",
        "image",
        "image_url",
        "input_image",
        "input_audio",
        "file",
    )
)
_FOREIGN_PARTS = frozenset(("tool_use", "tool_result"))


def recognise(row: JsonObject) -> bool:
    """Tell whether a row has a list of `messages`, as a list or as JSON text."""
    return read_list(row.get("messages")) is not None


def read(row: JsonObject, fallback_id: str) -> Trajectory:
    """Read a row of OpenAI messages.

    Calls without an id are numbered `call_<n>`; answers without one keep None. Content that is no text, and
    lists of parts, stay under "content" in the message's `extra`, so that writing gives them back.

    Raises:
        FormatError: If a message, a call or a tool cannot be read; says which.
    """
    frame = read_frame(row, fallback_id, ("messages",))
    messages = read_messages(row)
    return Trajectory(messages=fill_ids(messages), **frame._asdict())


def read_messages(row: JsonObject) -> list[Message]:
    """Read the messages of a row; a call without a recorded id has an empty one.

    Raises:
        FormatError: If one cannot be read; says which, counting from 0.
    """
    listed = read_list(row.get("messages"))
    if listed is None:
        raise FormatError("`messages` is no list", cure="list the messages")
    messages = []
    for index, item in enumerate(listed):
        try:
            messages.append(_read_message(item))
        except FormatError as error:
            raise FormatError(f"messages[{index}]: {error.message}", cure=error.cure) from None
    return messages


def _read_message(value: JsonValue) -> Message:
    if not isinstance(value, dict):
        raise FormatError(f"it is {kind_of(value)}, not an object", cure="write role and content")
    rest = dict(value)
    recorded = rest.pop("role", None)
    role = _ROLES.get(recorded) if isinstance(recorded, str) else None
    if role is None:
        raise FormatError(f"unknown role {recorded!r}", cure=f"use one of {', '.join(_ROLES)}")
    if recorded == "developer":
        rest["role"] = recorded
    content = text_of(rest.get("content"), role)
    if rest.get("content") is None or isinstance(rest["content"], str):
        rest.pop("content", None)
    calls = _pop_calls(rest)
    if calls and role != "assistant":
        raise FormatError(f"a {role} message calls tools", cure="move the calls to an assistant message")
    call_id = name = None
    if role == "tool":
        call_id = read_id(rest.pop("tool_call_id", None), "tool_call_id")
        if isinstance(rest.get("name"), str | None):
            name = rest.pop("name", None)
    return Message(role=role, content=content, tool_calls=calls, tool_call_id=call_id, name=name, extra=rest)


def text_of(content: JsonValue, role: str) -> str | None:
    """Return the text of a message's content; None where there is none.

    The texts of a list of parts are joined; any other value is an answer recorded as JSON, and becomes its text.

    Raises:
        FormatError: If a part holds a call or a result, as Anthropic's blocks do.
    """
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list) or (role == "tool" and not _all_parts(content)):
        return dump_json(content)
    texts = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            if part.get("type") in _FOREIGN_PARTS:
                raise FormatError(
                    f"a content part of type {part['type']!r} is not read", cure="convert it to `tool_calls`"
                )
            if isinstance(text := part.get("text"), str):
                texts.append(text)
    return "".join(texts) if texts else None


def _all_parts(content: list[JsonValue]) -> bool:
    """Tell parts from an answer that happens to be a list."""
    types = [part.get("type") if isinstance(part, dict) else None for part in content]
    return bool(types) and all(isinstance(kind, str) and kind in _PARTS for kind in types)


def _pop_calls(rest: JsonObject) -> tuple[ToolCall, ...]:
    recorded = rest.pop("tool_calls", None)
    listed = [] if recorded is None or recorded == "" else read_list(recorded)
    if listed is None:
        raise FormatError(f"`tool_calls` is {kind_of(recorded)}, not a list", cure="list the calls")
    calls = [_read_call(item) for item in listed]
    if (legacy := rest.pop("function_call", None)) is not None:
        calls.append(_read_call({"function": legacy}))
    return tuple(calls)


def _read_call(value: JsonValue) -> ToolCall:
    if not isinstance(value, dict):
        raise FormatError(f"a call is {kind_of(value)}, not an object", cure="write id and function")
    function = value if value.get("function") is None else value["function"]
    if not isinstance(function, dict):
        raise FormatError(f"the `function` of a call is {kind_of(function)}, not an object")
    return make_call(function.get("name"), function.get("arguments"), read_id(value.get("id"), "id"))


def write(trajectory: Trajectory) -> JsonObject:
    """Return a row of OpenAI messages: arguments as JSON text, tools wrapped, nothing lost.

    Arguments that could not be read are written verbatim. Of messages whose content or role was translated, the
    recorded form is written as long as it still says the same.
    """
    body: JsonObject = {"messages": [write_message(message) for message in trajectory.messages]}
    if trajectory.tools:
        body["tools"] = [{"type": "function", "function": write_tool(tool)} for tool in trajectory.tools]
    return write_frame(trajectory, body)


def write_message(message: Message) -> JsonObject:
    """Return one OpenAI message."""
    written: JsonObject = {"role": message.role, "content": message.content}
    if message.tool_calls:
        written["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.tool, "arguments": arguments_text(call)},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        written["name"] = message.name
    for key, value in message.extra.items():
        if key not in written or _says_the_same(message, key, value):
            written[key] = value
    return written


def _says_the_same(message: Message, key: str, value: JsonValue) -> bool:
    if key == "role":
        return isinstance(value, str) and _ROLES.get(value) == message.role
    # A rewrite may have changed the text since.
    return key == "content" and text_of(value, message.role) == message.content


OPENAI = Format("openai", recognise, read, write)
