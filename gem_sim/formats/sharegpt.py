"""ShareGPT: `conversations` of `{"from", "value"}`, with calls and observations as turns of their own."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from gem_sim.errors import FormatError
from gem_sim.formats.calls import fill_ids
from gem_sim.formats.format import Format, read_frame, read_list, write_frame
from gem_sim.formats.hermes import TAGS
from gem_sim.formats.openai import text_of
from gem_sim.formats.rows import JsonObject, dump_json, kind_of
from gem_sim.formats.tagged import (
    arranged,
    fold_calls,
    link,
    linked,
    prompt_tools,
    read_calls,
    spell_answer,
    spell_call,
    unfold,
)
from gem_sim.formats.toolspec import write_tool
from gem_sim.message import Message, Role
from gem_sim.tool import ToolCall
from gem_sim.trajectory import Trajectory

_CALL = "function_call"
_ROLES: dict[str, Role] = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    _CALL: "assistant",
    "observation": "tool",
    "tool": "tool",
    "function_response": "tool",
}
_SPEAKERS: dict[Role, str] = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


def recognise(row: JsonObject) -> bool:
    """Tell whether a row has `conversations` whose first entry has `from` and `value`."""
    listed = read_list(row.get("conversations"))
    if listed is None:
        return False
    return not listed or (isinstance(listed[0], dict) and "from" in listed[0])


def read(row: JsonObject, fallback_id: str) -> Trajectory:
    """Read a row of ShareGPT turns; Hermes tags inside values are read as well.

    A `function_call` holds one call or a list, and several in a row are one message. A system prompt of the row
    comes first. Calls are numbered `call_<n>` and answers linked to them by order.

    Raises:
        FormatError: If a turn, a call or a tool cannot be read; says which.
    """
    rest = dict(row)
    recorded = list(_read_turns(rest.pop("conversations", None)))
    prompt = rest.get("system")
    if isinstance(prompt, str | None):
        rest.pop("system", None)
        if prompt:
            recorded.insert(0, Message(role="system", content=prompt))
    frame = read_frame(rest, fallback_id, ())
    tools = frame.tools or prompt_tools(recorded)
    messages = tuple(link(fill_ids(unfold(recorded))))
    return Trajectory(messages=messages, **frame._replace(tools=tools)._asdict())


def _read_turns(value: JsonValue) -> Iterator[Message]:
    listed = read_list(value)
    if listed is None:
        raise FormatError("`conversations` is no list", cure="list the turns")
    calling: Message | None = None
    for index, item in enumerate(listed):
        try:
            message, bare_call = _read_turn(item)
        except FormatError as error:
            raise FormatError(f"conversations[{index}]: {error.message}", cure=error.cure) from None
        if bare_call:
            calling = message if calling is None else _merged(calling, message)
            continue
        if calling is not None:
            yield calling
            calling = None
        yield message
    if calling is not None:
        yield calling


def _read_turn(value: JsonValue) -> tuple[Message, bool]:
    """Return a turn's message, and whether it is a call and nothing else."""
    if not isinstance(value, dict):
        raise FormatError(f"it is {kind_of(value)}, not an object", cure="write `from` and `value`")
    rest = dict(value)
    speaker, said = rest.pop("from", None), rest.pop("value", None)
    role = _ROLES.get(speaker) if isinstance(speaker, str) else None
    if role is None:
        raise FormatError(f"unknown speaker {speaker!r}", cure=f"use one of {', '.join(_ROLES)}")
    if speaker != _CALL:
        return Message(role=role, content=text_of(said, role), extra=rest), False
    if isinstance(said, str) and (said.lstrip().startswith("<") or _after_text(said)):
        return Message(role=role, content=said, extra=rest), False
    calls = read_calls(said if isinstance(said, str) else dump_json(said))
    return Message(role=role, tool_calls=tuple(calls), extra=rest), True


def _after_text(said: str) -> bool:
    """Tell whether a tagged call stands after a text, as LLaMA-Factory takes it."""
    return f"<{TAGS.call}>" in said and not said.lstrip().startswith(("{", "["))


def _merged(first: Message, second: Message) -> Message:
    calls = first.tool_calls + second.tool_calls
    return first.model_copy(update={"tool_calls": calls, "extra": first.extra | second.extra})


def write(trajectory: Trajectory) -> JsonObject:
    """Return a row of ShareGPT turns, the tools as JSON text.

    A message of calls only is a `function_call`; calls beside a text stand in Hermes tags. Ids and the names on
    answers cannot be said: reading numbers the calls anew and links answers by order (see `tagged.fold`).
    """
    body: JsonObject = {"conversations": list(_write_turns(trajectory))}
    if trajectory.tools:
        body["tools"] = dump_json([write_tool(tool) for tool in trajectory.tools])
    return write_frame(trajectory, body)


def _write_turns(trajectory: Trajectory) -> Iterator[JsonObject]:
    after_call = False
    said: str | None
    for message, call in linked(arranged(trajectory.messages)):
        bare_call = bool(message.tool_calls) and message.content is None
        if bare_call and not after_call:
            speaker, said = _CALL, _spell_calls(message.tool_calls)
        elif message.role == "tool":
            speaker = _SPEAKERS["tool"]
            said = None if message.content is None else spell_answer(message.content, call)
        else:
            # Two calling turns in a row would be read as one; tags keep them apart.
            speaker, said = _SPEAKERS[message.role], fold_calls(message, TAGS).content
        after_call = speaker == _CALL
        turn: JsonObject = {"from": speaker, "value": said}
        yield turn | {key: value for key, value in message.extra.items() if key not in turn}


def _spell_calls(calls: tuple[ToolCall, ...]) -> str:
    if len(calls) == 1:
        return spell_call(calls[0])
    # Broken text would break the list, so each call is written by itself and quoted where it must be.
    return "[" + ", ".join(spell_call(call, verbatim=False) for call in calls) + "]"


SHAREGPT = Format("sharegpt", recognise, read, write)
