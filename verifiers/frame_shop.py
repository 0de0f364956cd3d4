"""Checks that hold for the frame shop only."""

from __future__ import annotations

from collections.abc import Iterator

from gem_sim.simulator import Replay
from gem_sim.verdict import Finding


def confirmed(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each order placed in the turn of its last quote: no customer has said yes to it."""
    quoted = None
    for call in replay.calls:
        tool = call.placed.call.tool
        if tool == "get_custom_pricing" and call.succeeded:
            quoted = call.placed.turn
        elif tool == "place_custom_order" and call.succeeded and quoted == call.placed.turn:
            yield Finding(
                code="frame_shop.unconfirmed",
                turn=call.placed.turn,
                call=call.placed.number,
                tool=tool,
                message="the order was placed in the turn of its quote, so the customer never said yes to the price",
                evidence={"quoted_in_turn": quoted},
            )


CHECKS = (confirmed,)
