"""Family `provenance`: where each value in the arguments of a call comes from.

Every leaf is said, returned, told in the prompt, a default, derived, chosen, composed or put in by the program around
the agent; else it is unsupported. docs/decisions/provenance.md says what counts as what, and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gem_sim.canonical import Json, show
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.tool import Tool
from gem_sim.verdict import Finding, Severity
from gem_sim.verifier.place import place_of
from gem_sim.verifier.sources import Leaf, Origin, Sources, leaves_of

# Values longer than this are no identifier that somebody mistyped.
_LONGEST = 80


class SourcedValue(NamedTuple):
    """One leaf of a call's arguments and where it comes from; `call` and `turn` count from 1."""

    turn: int
    call: int
    tool: str
    argument: str
    path: str
    value: Json
    origin: Origin

    def __str__(self) -> str:
        return f"{self.path} = {show(self.value, 60)} ← {self.origin}"


def explain(replay: Replay) -> tuple[SourcedValue, ...]:
    """Return where each leaf of each call's arguments comes from, in recorded order."""
    sources = Sources(replay)
    found = []
    for call in replay.calls:
        sources.seen.advance(call.placed.message)
        for leaf in leaves_of(call.placed.call.arguments, _tool(replay, call)):
            origin = sources.origin(leaf, call)
            place = (call.placed.turn, call.placed.number, call.placed.call.tool)
            found.append(SourcedValue(*place, leaf.argument, leaf.path, leaf.value, origin))
    return tuple(found)


def unsupported(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each value in an argument that has no source: an error where nobody could guess it."""
    sources = Sources(replay)
    for call in replay.calls:
        sources.seen.advance(call.placed.message)
        for argument, value in call.placed.call.arguments.items():
            if sources.is_plain(value):
                continue
            for leaf in leaves_of({argument: value}, _tool(replay, call)):
                if not sources.is_plain(leaf.value):
                    yield from _judged(leaf, sources.origin(leaf, call), sources, call)


def _tool(replay: Replay, call: ReplayedCall) -> Tool | None:
    known = replay.tool_of(call)
    if known is not None:
        return known
    return next((tool for tool in replay.trajectory.tools if tool.name == call.placed.call.tool), None)


def _judged(leaf: Leaf, origin: Origin, sources: Sources, call: ReplayedCall) -> Iterator[Finding]:
    if origin.kind not in ("unsupported", "unseen", "unexplained") and origin.stray is None:
        return
    shown = show(leaf.value if origin.stray is None else origin.stray, _LONGEST)
    severity: Severity = "warning"
    evidence: dict[str, Json] = {"value": leaf.value, "why": origin.how}
    if origin.kind == "unsupported":
        heard = sources.seen.said or sources.seen.texts["prompt"] or sources.seen.results
        severity = "error" if heard else "undecided"
        code, message = "unsupported", f"{leaf.path} = {shown} has no source before this call: {origin.how}"
        nearest = sources.nearest(leaf.value)
        evidence["nearest"] = nearest
        evidence["looked_at"] = sources.looked_at()
        if nearest:
            message += f"; nearest is {nearest[0]}"
    elif origin.kind == "unseen":
        code, message = "unseen", f"{leaf.path} = {shown} is in the state ({origin.path}), but nothing had shown it"
        evidence["stored_at"] = origin.path
    elif origin.stray is not None:
        code, message = "unexplained", f"{leaf.path} mentions {shown}, which has no source before this call"
        evidence["stray"] = origin.stray
    else:
        code, message = "unexplained", f"{leaf.path} = {shown} was not seen before: {origin.how}"
    yield Finding(
        code=f"provenance.{code}",
        severity=severity,
        argument=leaf.argument,
        message=message,
        evidence=evidence,
        **place_of(call),
    )
