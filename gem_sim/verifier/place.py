"""Where a call stands, as the fields of a Finding."""

from __future__ import annotations

from typing import TypedDict

from gem_sim.simulator import ReplayedCall


class Place(TypedDict):
    """The fields of a Finding that say which call it is about."""

    turn: int
    call: int
    tool: str


def place_of(call: ReplayedCall) -> Place:
    """Return turn, number and tool of a call."""
    return {"turn": call.placed.turn, "call": call.placed.number, "tool": call.placed.call.tool}
