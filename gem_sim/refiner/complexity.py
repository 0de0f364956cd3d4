"""How complex a trajectory is, in the figures that the paper reports, and how far from a target."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gem_sim.simulator import Replay
from gem_sim.verifier.provenance import SourcedValue, data_edges, explain


class Complexity(NamedTuple):
    """Messages, distinct tools called, calls, the longest chain of calls that feed one another, patterns by name."""

    messages: int
    tools: int
    calls: int
    depth: int
    patterns: frozenset[str]


class Target(NamedTuple):
    """By which factors messages, distinct tools and calls are to grow; the defaults are the paper's means."""

    messages: float = 1.5
    tools: float = 1.7
    calls: float = 2.1


def complexity_of(replay: Replay, explained: Iterable[SourcedValue] | None = None) -> Complexity:
    """Return how complex a replayed trajectory is; `explained` is what `explain` says of it, None to ask."""
    tools = {call.placed.call.tool for call in replay.calls}
    depth = _depth(replay, explain(replay) if explained is None else explained)
    return Complexity(len(replay.trajectory.messages), len(tools), len(replay.calls), depth, _patterns(replay, depth))


def missing(before: Complexity, now: Complexity, target: Target) -> dict[str, float]:
    """Return what is still lacking of each figure, as a share of where it is to be; empty where all is reached."""
    wanted = {name: getattr(before, name) * getattr(target, name) for name in Target._fields}
    lacking = {name: 1 - getattr(now, name) / goal for name, goal in wanted.items() if goal}
    return {name: share for name, share in lacking.items() if share > 0}


def _depth(replay: Replay, explained: Iterable[SourcedValue]) -> int:
    """Return how many calls stand in the longest chain in which each takes a value from the one before."""
    longest = {call.placed.number: 1 for call in replay.calls}
    for edge in sorted(data_edges(explained), key=lambda edge: edge.target):
        longest[edge.target] = max(longest[edge.target], longest[edge.source] + 1)
    return max(longest.values(), default=0)


def _patterns(replay: Replay, depth: int) -> frozenset[str]:
    """Return which patterns a trajectory shows: error_recovery, limit, clarification, multi_hop, several_at_once."""
    found = set()
    for index, call in enumerate(replay.calls):
        if call.executed_error:
            later = replay.calls[index + 1 :]
            again = any(c.placed.call.tool == call.placed.call.tool and not c.executed_error for c in later)
            found.add("error_recovery" if again else "limit")
    by_turn: dict[int, set[str]] = {}
    for call in replay.calls:
        by_turn.setdefault(call.placed.turn, set()).add(call.placed.call.tool)
    if any(len(tools) >= 3 for tools in by_turn.values()):
        found.add("several_at_once")
    if depth >= 3:
        found.add("multi_hop")
    if _asks(replay):
        found.add("clarification")
    return frozenset(found)


def _asks(replay: Replay) -> bool:
    """Tell whether the assistant asks, and calls a tool with what the user answers."""
    messages = replay.trajectory.messages
    for call in replay.calls:
        index = call.placed.message
        while index > 0 and messages[index].role != "user":
            index -= 1
        asked = index > 0 and (messages[index - 1].content or "").rstrip().endswith("?")
        said = (messages[index].content or "").casefold()
        values = [value for value in call.placed.call.arguments.values() if isinstance(value, str)]
        if asked and any(value.casefold() in said for value in values):
            return True
    return False
