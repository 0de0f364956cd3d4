"""Checks that end their process on thirteen rings, and run out of memory on fourteen."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from gem_sim.simulator import Replay
from gem_sim.verdict import Finding


def kill(replay: Replay) -> Iterator[Finding]:
    """Yield nothing, or end the process."""
    for call in replay.calls:
        if call.placed.call.arguments["times"] == 13:
            os.kill(os.getpid(), signal.SIGKILL)
    yield from ()


def starve(replay: Replay) -> Iterator[Finding]:
    """Yield nothing, or have no memory left."""
    for call in replay.calls:
        if call.placed.call.arguments["times"] == 14:
            raise MemoryError
    yield from ()


CHECKS = (kill, starve)
