"""Audit: the checks that need no execution over a whole data set, their findings grouped by cause."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gem_sim.audit.recorded import replay_of
from gem_sim.canonical import Json
from gem_sim.formats import Record
from gem_sim.induce import contradictions, inferred_tools
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding, Severity
from gem_sim.verifier.codes import CODES
from gem_sim.verifier.verify import CHECKS, Check, run_check

# Families whose checks judge what was recorded, whatever execution would answer.
FAMILIES = ("format", "schema", "provenance", "claims")

_MEANINGS = {
    "induce.contradiction": "Two recordings that should agree do not: one row, or one question, with two answers.",
}
_ORDER: dict[Severity, int] = {"error": 0, "undecided": 1, "warning": 2}


class Cause(NamedTuple):
    """All findings with one cause.

    `about` names what they share: an argument, a place in answers, a table; the empty string where the code says it
    all. `tools` are the tools concerned with their number of findings, the most frequent first. `calls` counts calls,
    or findings about no single call; `example` is the first finding, in the trajectory `example_id`.
    """

    code: str
    severity: Severity
    about: str
    meaning: str
    calls: int
    trajectories: int
    tools: tuple[tuple[str, int], ...]
    example_id: str
    example: Finding


class Audit(NamedTuple):
    """What an audit found: sizes, the families that ran, and the causes, errors first, then by number of calls.

    `clean` counts the trajectories without any finding of severity error.
    """

    trajectories: int
    clean: int
    calls: int
    answered: int
    tools: int
    families: tuple[str, ...]
    causes: tuple[Cause, ...]


class _Placed(NamedTuple):
    trajectory: str
    finding: Finding


def audit(records: Iterable[Record], checks: Sequence[Check] | None = None) -> Audit:
    """Return what can be found in a data set without running its tools.

    Args:
        records: What `read_records` yields; unreadable ones are findings.
        checks: Functions `check(replay) -> Iterator[Finding]`; None takes those of `CHECKS` in `FAMILIES`.

    Raises:
        CheckError: If a check crashes.
    """
    chosen = tuple(check for check in CHECKS if _family(check) in FAMILIES) if checks is None else tuple(checks)
    trajectories: list[Trajectory] = []
    placed: list[_Placed] = []
    for record in records:
        if record.trajectory is not None:
            trajectories.append(record.trajectory)
        else:
            placed.append(_unreadable(record))
    inferred = inferred_tools(trajectories)
    for trajectory in trajectories:
        replayed = replay_of(trajectory, inferred)
        placed += [_Placed(trajectory.id, found) for check in chosen for found in run_check(check, replayed)]
    placed += _contradictions(trajectories)
    calls = [call for trajectory in trajectories for call in trajectory.calls()]
    faulty = {item.trajectory for item in placed if item.finding.severity == "error"}
    return Audit(
        trajectories=len(trajectories),
        clean=sum(trajectory.id not in faulty for trajectory in trajectories),
        calls=len(calls),
        answered=sum(call.answer is not None for call in calls),
        tools=len({call.call.tool for call in calls} | {t.name for item in trajectories for t in item.tools}),
        families=tuple(dict.fromkeys([*map(_family, chosen), "consistency across dialogues"])),
        causes=_causes(placed),
    )


def _family(check: Check) -> str:
    return check.__module__.rsplit(".", 1)[-1]


def _unreadable(record: Record) -> _Placed:
    reason = "unreadable" if record.error is None else record.error.message
    place = f"{record.file}:{record.line}"
    return _Placed(place, Finding(code="format.unreadable", message=f"{place}: {reason}"))


def _contradictions(trajectories: Sequence[Trajectory]) -> Iterator[_Placed]:
    for finding in contradictions(trajectories):
        second = finding.evidence.get("second")
        yield _Placed(str(second["trajectory"]) if isinstance(second, dict) else "", finding)


def _causes(placed: Sequence[_Placed]) -> tuple[Cause, ...]:
    groups: dict[tuple[str, Severity, str], list[_Placed]] = {}
    for item in placed:
        groups.setdefault((item.finding.code, item.finding.severity, about(item.finding)), []).append(item)
    causes = [_cause(code, severity, what, found) for (code, severity, what), found in groups.items()]
    causes.sort(key=lambda cause: (_ORDER[cause.severity], -cause.calls, cause.code, cause.about))
    return tuple(causes)


def _cause(code: str, severity: Severity, what: str, found: Sequence[_Placed]) -> Cause:
    tools = Counter(item.finding.tool for item in found if item.finding.tool)
    first = found[0]
    return Cause(
        code=code,
        severity=severity,
        about=what,
        meaning=_MEANINGS.get(code) or CODES.get(code, "A check of your own."),
        calls=len({(item.trajectory, item.finding.call or -index) for index, item in enumerate(found, 1)}),
        trajectories=len({item.trajectory for item in found}),
        tools=tuple(sorted(tools.items(), key=lambda item: (-item[1], item[0]))),
        example_id=first.trajectory,
        example=first.finding,
    )


def about(finding: Finding) -> str:
    """Return what a finding shares with others of one cause."""
    group = finding.evidence.get("group")
    if isinstance(group, str):
        return ".".join([group, *_text(finding.evidence.get("field") if finding.evidence.get("key") else None)])
    rule = finding.evidence.get("rule")
    what = finding.argument or re.sub(r"\[\d+\]", "[]", finding.path or "")
    return " ".join([what, *(f"({word})" for word in _text(rule))]).strip()


def _text(value: Json) -> list[str]:
    return [value] if isinstance(value, str) and value else []
