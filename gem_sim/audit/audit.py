"""Audit: the checks that need no execution over a whole data set, their findings grouped by cause."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from gem_sim.audit.recorded import all_refused, replay_of
from gem_sim.canonical import Json
from gem_sim.formats import Record
from gem_sim.induce import contradictions, inferred_tools, states_time
from gem_sim.simulator import Replay
from gem_sim.tool import Tool
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding, Severity
from gem_sim.verifier.codes import CODES
from gem_sim.verifier.verify import CHECKS, Check, verify

# Families whose checks judge what was recorded, whatever execution would answer.
FAMILIES = ("format", "schema", "provenance", "claims")

_MEANINGS = {
    "induce.contradiction": "Two recordings that should agree do not: one row, or one question, with two answers.",
}
# A date, also in words: without a clock its year, or what `tomorrow` is, cannot be known.
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b\d{1,2}(st|nd|rd|th)\b"
    r"|\b(to|yester)day\b|\btomorrow\b|\b(mon|tues|wednes|thurs|fri|satur|sun)day\b",
    re.IGNORECASE,
)
# Causes of one code that touch fewer calls than this are told together where there are several.
_RARE = 5
_SEVERAL = 3

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


_Groups: TypeAlias = dict[tuple[str, Severity, str], list[_Placed]]


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
        placed += [_Placed(trajectory.id, finding) for finding in _findings(trajectory, inferred, chosen)]
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


def _findings(trajectory: Trajectory, inferred: Mapping[str, Tool], checks: Sequence[Check]) -> Iterator[Finding]:
    """Yield what checks find, without a second word on an argument; what no clock tells is undecided."""
    replayed = replay_of(trajectory, inferred)
    faulty: set[tuple[int | None, str | None]] = set()
    for check in checks:
        for finding in _found(check, replayed):
            if finding.code.startswith("schema."):
                faulty.add((finding.call, finding.argument))
            elif finding.code.startswith("provenance.") and (finding.call, finding.argument) in faulty:
                continue
            timeless = finding.severity == "error" and _about_time(finding) and not states_time(trajectory)
            yield _open(finding) if timeless else finding


def _found(check: Check, replayed: Replay) -> list[Finding]:
    """Return what one check finds; a check of schemas passes by what a run accepts, and nothing was run here."""
    found = list(verify(replayed, [check], digest=False).findings)
    if _family(check) == "schema":
        refused = verify(all_refused(replayed), [check], digest=False).findings
        found += [finding for finding in refused if finding not in found]
    return found


def _about_time(finding: Finding) -> bool:
    return finding.code.startswith(("provenance.", "claims.")) and bool(
        _DATE.search(str(finding.evidence.get("value")))
    )


def _open(finding: Finding) -> Finding:
    message = f"{finding.message} (the dialogue does not say when it takes place)"
    return finding.model_copy(update={"severity": "undecided", "message": message})


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
    groups: _Groups = {}
    for item in placed:
        groups.setdefault((item.finding.code, item.finding.severity, about(item.finding)), []).append(item)
    causes = [_cause(code, severity, what, found) for (code, severity, what), found in _merged(groups).items()]
    causes.sort(key=lambda cause: (_ORDER[cause.severity], -cause.calls, cause.code, cause.about))
    return tuple(causes)


def _merged(groups: _Groups) -> _Groups:
    """Return the groups, the rare ones of one code and severity as one where they are many."""
    rare: dict[tuple[str, Severity], list[str]] = {}
    for (code, severity, what), found in groups.items():
        if len(found) < _RARE:
            rare.setdefault((code, severity), []).append(what)
    merged: _Groups = {}
    for (code, severity, what), found in groups.items():
        names = rare.get((code, severity), [])
        together = what in names and len(names) > _SEVERAL
        merged.setdefault((code, severity, ", ".join(names) if together else what), []).extend(found)
    return merged


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
