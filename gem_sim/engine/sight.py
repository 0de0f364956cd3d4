"""Everything that a report shows of one replay, as plain JSON that other processes can hand over."""

from __future__ import annotations

from gem_sim.canonical import Json
from gem_sim.refiner.complexity import complexity_of
from gem_sim.simulator import Replay
from gem_sim.simulator.trace import trace
from gem_sim.verdict import Verdict
from gem_sim.verifier import explain
from gem_sim.verifier.trail import trail


def sight(replay: Replay, verdict: Verdict) -> dict[str, Json]:
    """Return what a person wants to see of a judged replay.

    Shape: that of `simulator.trace`, and `sources` (where each value of each call comes from, see `verifier.explain`),
    `path` (each call's place in the workflows, see `verifier.trail`) and `patterns` (see `refiner.complexity`).
    """
    explained = explain(replay)
    sources: list[Json] = [value.row() for value in explained]
    path: list[Json] = [one.row() for one in trail(replay, verdict)]
    patterns: list[Json] = [*sorted(complexity_of(replay, explained).patterns)]
    return {**trace(replay), "sources": sources, "path": path, "patterns": patterns}
