"""Recorded calls: their arguments, and ids for those recorded without."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from pydantic import JsonValue

from gem_sim.canonical import parse_json
from gem_sim.errors import FormatError
from gem_sim.formats.rows import dump_json
from gem_sim.message import Message
from gem_sim.tool import ToolCall


def make_call(name: JsonValue, arguments: JsonValue, call_id: str | None = None) -> ToolCall:
    """Return the call of a tool with arguments as recorded: an object, or JSON text, encoded any number of times.

    Nothing at all (None, blank text) is read as no arguments. What is no object stays as `unreadable` text. The
    id is empty where None was recorded; see `fill_ids`.

    Raises:
        FormatError: If there is no name.
    """
    if not isinstance(name, str) or not name:
        raise FormatError("a call names no tool", cure="give the call a `name`")
    value = arguments
    while isinstance(value, str) and value.strip():
        try:
            value = parse_json(value)
        except ValueError:
            break
    if isinstance(value, dict):
        return ToolCall(id=call_id or "", tool=name, arguments=value)
    if arguments is None or (isinstance(arguments, str) and not arguments.strip()):
        return ToolCall(id=call_id or "", tool=name)
    text = arguments if isinstance(arguments, str) else dump_json(arguments)
    return ToolCall(id=call_id or "", tool=name, unreadable=text)


def arguments_text(call: ToolCall) -> str:
    """Return the arguments as JSON text; those that could not be read, verbatim."""
    return dump_json(call.arguments) if call.unreadable is None else call.unreadable


def fill_ids(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return the messages with an id `call_<n>`, n from 1, for each call that has none, apart from recorded ids."""
    messages = tuple(messages)
    recorded = {call.id for message in messages for call in message.tool_calls}
    if "" not in recorded:
        return messages
    fresh = (name for name in map("call_{}".format, itertools.count(1)) if name not in recorded)
    return tuple(
        message.model_copy(
            update={
                "tool_calls": tuple(
                    call if call.id else call.model_copy(update={"id": next(fresh)}) for call in message.tool_calls
                )
            }
        )
        if message.tool_calls
        else message
        for message in messages
    )
