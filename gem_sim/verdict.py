"""Findings and verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, JsonValue

from gem_sim.frozen import Frozen

Severity = Literal["error", "warning", "undecided"]
Outcome = Literal["pass", "fail", "undecided"]


class Finding(Frozen):
    """One fault: what (`code`), how bad, where, and the evidence.

    `turn` and `call` count from 1, `call` over the whole trajectory; None means that the finding is about no
    single turn or call. `argument` names the argument at fault, `path` the place in a result (`$.status`).
    """

    code: str
    severity: Severity = "error"
    turn: int | None = None
    call: int | None = None
    tool: str | None = None
    argument: str | None = None
    path: str | None = None
    message: str
    evidence: dict[str, JsonValue] = Field(default_factory=dict)

    def __str__(self) -> str:
        places = [("turn", self.turn), ("call", self.call)]
        where = ", ".join(f"{name} {number}" for name, number in places if number is not None)
        place = self.path or self.argument
        if place and (self.path is None or place.startswith("$")):
            place = f"{'result' if self.argument is None else 'argument'} {place}"
        head = " · ".join(part for part in (where, self.tool, place) if part)
        return f"{self.code}{f' ({head})' if head else ''}: {self.message}"


class Verdict(Frozen):
    """The findings of one replay and what they add up to.

    `verdict` is *fail* with any error, else *undecided* with any undecided finding, else *pass*. `calls` is
    how many calls were replayed; `state_digest` that of the end state, None where nothing was replayed.
    """

    id: str
    verdict: Outcome
    calls: int
    state_digest: str | None
    findings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        first = next((finding for finding in self.findings if finding.severity != "warning"), None)
        return self.verdict if first is None else f"{self.verdict}: {first}"


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    """Return what a set of findings adds up to."""
    severities = {finding.severity for finding in findings}
    if "error" in severities:
        return "fail"
    return "undecided" if "undecided" in severities else "pass"
