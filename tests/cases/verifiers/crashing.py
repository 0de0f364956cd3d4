"""A check that crashes on rings of more than nine."""

from __future__ import annotations

from collections.abc import Iterator

from gem_sim.simulator import Replay
from gem_sim.verdict import Finding


def few(replay: Replay) -> Iterator[Finding]:
    """Yield nothing, or crash."""
    for call in replay.calls:
        {number: None for number in range(10)}[call.placed.call.arguments["times"]]
    yield from ()


CHECKS = (few,)
