"""A check that finds something in every trajectory."""

from __future__ import annotations

from collections.abc import Iterator

from gem_sim.simulator import Replay
from gem_sim.verdict import Finding


def always(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for every trajectory."""
    yield Finding(code="checked.always", message=f"{len(replay.calls)} calls", evidence={"calls": len(replay.calls)})


CHECKS = (always,)
