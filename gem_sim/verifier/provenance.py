"""Family `provenance`: where each value in the arguments of a call comes from.

Every leaf is said, returned, told in the prompt, a default, derived, chosen, composed or put in by the program around
the agent; else it is unsupported. docs/decisions/provenance.md says what counts as what, and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from gem_sim.canonical import Json, show
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.verdict import Finding, Severity
from gem_sim.verifier.place import place_of
from gem_sim.verifier.sources import Leaf, Origin, Sources, is_free

# Values longer than this are no identifier that somebody mistyped.
_LONGEST = 80
# The kinds of origin that are none.
_WITHOUT = frozenset(("unsupported", "unseen", "unexplained"))


class SourcedValue(NamedTuple):
    """One value in a call's arguments and where it comes from; `call` and `turn` count from 1.

    `path` is the place in the arguments (`items[0].sku`): a leaf, or an argument that is a list or object of a result
    as it was. A path that ends in `∋` is of a value inside a composed text.
    """

    turn: int
    call: int
    tool: str
    argument: str
    path: str
    value: Json
    origin: Origin

    def __str__(self) -> str:
        sign = "" if self.path.endswith("∋") else " ="
        return f"{self.path}{sign} {show(self.value, 60)} ← {self.origin}"

    def row(self) -> dict[str, Json]:
        """Return the value and its source as one JSON object, the source as `kind`, `message`, `from_call`, … ."""
        origin = self.origin
        made: dict[str, Json] = {"turn": self.turn, "call": self.call, "tool": self.tool, "argument": self.argument}
        made.update({"path": self.path, "value": self.value, "kind": origin.kind, "message": origin.message})
        made.update({"from_call": origin.call, "from_path": origin.path, "how": origin.how})
        return made


class DataEdge(NamedTuple):
    """An argument of a later call that takes values from the result of an earlier one, at `path` (`$` is all of it)."""

    source: int
    path: str
    target: int
    argument: str


def explain(replay: Replay) -> tuple[SourcedValue, ...]:
    """Return where each value in each call's arguments comes from, in recorded order."""
    sources = Sources(replay)
    found = []
    for call in replay.calls:
        sources.advance(call)
        place = (call.placed.turn, call.placed.number, call.placed.call.tool)
        for argument, value in call.placed.call.arguments.items():
            whole = sources.whole(value)
            if whole is not None:
                found.append(SourcedValue(*place, argument, argument, value, whole))
                continue
            for leaf in sources.leaves(argument, value, call):
                origin = sources.origin(leaf, call)
                found.append(SourcedValue(*place, argument, leaf.path, leaf.value, origin))
                if origin.kind == "composed":
                    mentioned = sources.mentions(str(leaf.value))
                    found += [SourcedValue(*place, argument, f"{leaf.path} ∋", *mention) for mention in mentioned]
    return tuple(found)


def data_edges(explained: Iterable[SourcedValue]) -> tuple[DataEdge, ...]:
    """Return the edges from call to call that explained values show; one for each argument and source.

    Where several values of an argument come from one result, the path is what their paths have in common.
    """
    paths: dict[tuple[int, int, str], list[str]] = {}
    for value in explained:
        if value.origin.call is not None and value.origin.path is not None:
            paths.setdefault((value.origin.call, value.call, value.argument), []).append(value.origin.path)
    return tuple(
        DataEdge(source, _common(found), target, argument) for (source, target, argument), found in paths.items()
    )


def _common(paths: Sequence[str]) -> str:
    parts = [re.findall(r"\[\d+\]|[^.\[]+", path) for path in paths]
    alike = [same[0] for same in takewhile(lambda same: len(set(same)) == 1, zip(*parts, strict=False))]
    return "".join(part if part.startswith(("[", "$")) else f".{part}" for part in alike)


def unsupported(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each value in an argument that has no source: an error where nobody could guess it."""
    sources = Sources(replay)
    for call in replay.calls:
        sources.advance(call)
        for argument, value in call.placed.call.arguments.items():
            if sources.is_plain(value):
                continue
            leaves = sources.leaves(argument, value, call)
            if isinstance(value, (list, dict)):
                leaves = [leaf for leaf in leaves if not is_free(leaf) and not sources.is_plain(leaf.value)]
                if not leaves or sources.whole(value) is not None:
                    continue
            elif is_free(leaves[0]):
                continue
            for leaf in leaves:
                if sources.is_accounted_for(leaf, call):
                    continue
                origin = sources.origin(leaf, call)
                if origin.kind in _WITHOUT or origin.stray is not None:
                    yield _finding(leaf, origin, sources, call)


def _finding(leaf: Leaf, origin: Origin, sources: Sources, call: ReplayedCall) -> Finding:
    shown = show(leaf.value if origin.stray is None else origin.stray, _LONGEST)
    severity: Severity = "warning"
    evidence: dict[str, Json] = {"value": leaf.value, "why": origin.how}
    if origin.kind == "unsupported":
        heard = sources.seen.said or sources.seen.texts["prompt"] or sources.seen.results
        severity = "error" if heard else "undecided"
        code, message = "unsupported", f"{leaf.path} = {shown} is nowhere in what came before this call: {origin.how}"
        nearest = sources.nearest(leaf.value)
        evidence["nearest"] = nearest
        evidence["looked_at"] = sources.looked_at()
        if nearest:
            message += f"; nearest is {nearest[0]}"
    elif origin.kind == "unseen":
        code, message = "unseen", f"{leaf.path} = {shown} is in the state ({origin.path}), but nothing had shown it"
        evidence["stored_at"] = origin.path
        if sources.names_entity(leaf):
            severity = "error"
    elif origin.stray is not None:
        code, message = "unexplained", f"{leaf.path} mentions {shown}, which has no source before this call"
        evidence["stray"] = origin.stray
    else:
        code, message = "unexplained", f"{leaf.path} = {shown} was not seen before: {origin.how}"
    return Finding(
        code=f"provenance.{code}",
        severity=severity,
        argument=leaf.argument,
        message=message,
        evidence=evidence,
        **place_of(call),
    )
