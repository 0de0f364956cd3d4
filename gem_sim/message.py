"""Messages of a conversation, and turns."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field, JsonValue

from gem_sim.canonical import Json, copy_json, parse_json
from gem_sim.frozen import Frozen
from gem_sim.tool import ToolCall

Role = Literal["system", "user", "assistant", "tool"]

# Python's parser is slow and recursive; what is longer than this is no recorded tool answer worth guessing at.
_MAX_LITERAL = 100_000


class Message(Frozen):
    """One entry of the conversation.

    `content` None means that the message has none (a bare call). `tool_calls` only on assistant messages,
    `tool_call_id` and `name` (of the tool) only on tool messages; None means not recorded. `extra` keeps keys
    of foreign formats.
    """

    role: Role
    content: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    extra: dict[str, JsonValue] = Field(default_factory=dict)

    def value(self) -> Json:
        """Return the content as the JSON value it spells, or as a string where it spells none.

        Python literals (`{'a': True}`) are read too, since many recordings hold `str(result)`.
        """
        return read_value(self.content or "")


class Turn(Frozen):
    """One user message and all that follows until the next; `number` from 1, 0 for what precedes the first."""

    number: int
    messages: tuple[Message, ...]


def split_turns(messages: Iterable[Message]) -> Iterator[Turn]:
    """Yield the turns of a conversation in order; a leading system prompt makes turn 0."""
    number = 0
    pending: list[Message] = []
    for message in messages:
        if message.role == "user":
            if pending:
                yield Turn(number=number, messages=tuple(pending))
            number, pending = number + 1, []
        pending.append(message)
    if pending:
        yield Turn(number=number, messages=tuple(pending))


def read_value(text: str) -> Json:
    """Return the JSON value, else the Python literal, that `text` spells, else `text` itself."""
    try:
        return parse_json(text)
    except ValueError:
        pass
    if text[:1] in "{[(" and len(text) <= _MAX_LITERAL:
        try:
            return copy_json(ast.literal_eval(text))
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            pass
    return text
