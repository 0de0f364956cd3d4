"""Where a call stands, as the fields of a Finding; which tools are called, and who says what."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from operator import attrgetter
from typing import TypedDict

from gem_sim.message import Message, Role
from gem_sim.simulator import Replay, ReplayedCall

# Every message and every call is looked at by many checks, so that is left to `map`.
_ROLE = attrgetter("role")
_TOOL = attrgetter("placed.call.tool")


class Place(TypedDict):
    """The fields of a Finding that say which call it is about."""

    turn: int
    call: int
    tool: str


def place_of(call: ReplayedCall) -> Place:
    """Return turn, number and tool of a call."""
    return {"turn": call.placed.turn, "call": call.placed.number, "tool": call.placed.call.tool}


def tools_called(replay: Replay) -> frozenset[str]:
    """Return the names of the tools that a replay calls."""
    return frozenset(map(_TOOL, replay.calls))


def roles_of(replay: Replay) -> list[Role]:
    """Return the role of each message."""
    return list(map(_ROLE, replay.trajectory.messages))


def messages_of(role: Role, replay: Replay) -> Iterator[Message]:
    """Return the messages of a role, in order."""
    messages = replay.trajectory.messages
    return compress(messages, map(role.__eq__, map(_ROLE, messages)))
