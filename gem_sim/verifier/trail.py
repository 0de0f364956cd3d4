"""The path of a trajectory over the steps of the workflows."""

from __future__ import annotations

from typing import Literal, NamedTuple

from gem_sim.canonical import Json
from gem_sim.simulator import Replay
from gem_sim.verdict import Severity, Verdict
from gem_sim.verifier.order import judge

Fate = Literal["fine", "fail", "undecided"]

# Where calls of tools stand that no step uses.
LEFT_OVER = "Tools of no workflow"


class Trail(NamedTuple):
    """One call on the path: its number, workflow and step, what became of it, and its findings."""

    number: int
    tool: str
    workflow: str
    step: str
    fate: Fate
    codes: tuple[str, ...]

    def row(self) -> dict[str, Json]:
        """Return the call as one JSON object."""
        return {**self._asdict(), "codes": list(self.codes)}


def trail(replay: Replay, verdict: Verdict) -> tuple[Trail, ...]:
    """Return the path of a replay over the steps; a call of a tool that no step uses is a step of its own."""
    found: dict[int, list[tuple[Severity, str]]] = {}
    for finding in verdict.findings:
        if finding.call is not None:
            found.setdefault(finding.call, []).append((finding.severity, finding.code))
    path = []
    for judged in judge(replay):
        number, tool = judged.call.placed.number, judged.call.placed.call.tool
        severities = {severity for severity, _ in found.get(number, [])}
        fate: Fate = "fail" if "error" in severities else "undecided" if "undecided" in severities else "fine"
        codes = tuple(dict.fromkeys(code for _, code in found.get(number, [])))
        path.append(Trail(number, tool, judged.workflow or LEFT_OVER, judged.step or tool, fate, codes))
    return tuple(path)
