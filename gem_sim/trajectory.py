"""Trajectories: finished conversations with tool calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import Field, JsonValue

from gem_sim.frozen import Frozen
from gem_sim.message import Message
from gem_sim.tool import Tool, ToolCall


class PlacedCall(NamedTuple):
    """A call and where it stands: `turn` and `number` from 1, `message` an index from 0.

    `answer` is the tool message that answers it; None means that the recording has none.
    """

    turn: int
    number: int
    message: int
    call: ToolCall
    answer: Message | None


class Trajectory(Frozen):
    """A finished conversation: the tools offered and the messages.

    `task` names the task of the environment it pursues, None where it is not recorded. `source` says where the
    trajectory came from. `extra` keeps the other keys of its row.
    """

    id: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    task: str | None = None
    source: str | None = None
    extra: dict[str, JsonValue] = Field(default_factory=dict)

    def calls(self) -> Iterator[PlacedCall]:
        """Yield every call in recorded order with its place and its answer.

        An answer belongs to the call whose id it names; ids may be used again later, so only tool messages up
        to the next assistant message count. An answer without an id belongs to the first call still open.
        """
        turn = number = 0
        messages = self.messages
        for index, message in enumerate(messages):
            if message.role == "user":
                turn += 1
            calls = message.tool_calls
            if not calls:
                continue
            follows = messages[index + 1] if index + 1 < len(messages) else None
            # By far most messages make one call, and its answer follows.
            if len(calls) == 1 and follows is not None and follows.role == "tool" and _answers(follows, calls[0]):
                number += 1
                yield PlacedCall(turn, number, index, calls[0], follows)
                continue
            for call, answer in zip(calls, pair_answers(calls, self.answers_after(index)), strict=True):
                number += 1
                yield PlacedCall(turn, number, index, call, answer)

    def answers_after(self, index: int) -> list[Message]:
        """Return the tool messages that directly follow the message at `index`."""
        messages = self.messages
        end = index + 1
        while end < len(messages) and messages[end].role == "tool":
            end += 1
        return list(messages[index + 1 : end])


def pair_answers(calls: tuple[ToolCall, ...], answers: list[Message]) -> list[Message | None]:
    """Return for each call the message that answers it, None where none does.

    An answer goes to the first call still open that has its id; one without an id to the first call still open.
    """
    paired: list[Message | None] = [None] * len(calls)
    by_id: dict[str, deque[int]] = {}
    for index, call in enumerate(calls):
        by_id.setdefault(call.id, deque()).append(index)
    still_open = deque(range(len(calls)))
    for answer in answers:
        waiting = still_open if answer.tool_call_id is None else by_id.get(answer.tool_call_id, deque())
        while waiting and paired[waiting[0]] is not None:
            waiting.popleft()
        if waiting:
            paired[waiting.popleft()] = answer
    return paired


def _answers(message: Message, call: ToolCall) -> bool:
    return message.tool_call_id is None or message.tool_call_id == call.id
