"""The report of an audit: one HTML file without scripts, in the style of the report of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gem_sim import __version__
from gem_sim.audit import Audit, Cause
from gem_sim.formats.atomic import atomic_text
from gem_sim.report.conversation import FindingView, finding_views
from gem_sim.report.sheet import asset, render
from gem_sim.report.values import TIGHT, flat

MOST_CAUSES = 2_000
_TOOLS = 4
_KINDS = {"error": "fail", "undecided": "undecided", "warning": "undecided"}


class _Row(NamedTuple):
    """A cause as the page shows it."""

    code: str
    severity: str
    about: str
    meaning: str
    calls: int
    trajectories: int
    tools: tuple[str, ...]
    example_id: str
    finding: FindingView


def write_audit(path: str | Path, audit: Audit, files: Sequence[str]) -> None:
    """Write the report of an audit as one HTML file, whole or not at all; `files` names what was audited.

    Raises:
        InputError: If the file cannot be written.
    """
    numbers = Counter(cause.severity for cause in audit.causes)
    hidden = len(audit.causes) - MOST_CAUSES
    page = render(
        "audit.html",
        audit=audit,
        files=flat(", ".join(files), 200),
        style=asset("page.css"),
        numbers={severity: numbers[severity] for severity in ("error", "undecided", "warning") if numbers[severity]},
        number=len(audit.causes),
        kinds=_KINDS,
        causes=[_row(cause) for cause in audit.causes[:MOST_CAUSES]],
        more=f"and {hidden:,} more causes; --json has them all" if hidden > 0 else "",
        version=__version__,
    )
    with atomic_text(path) as file:
        file.write(page)


def _row(cause: Cause) -> _Row:
    tools = [f"{tool} {number:,}" for tool, number in cause.tools[:_TOOLS]] + ["…"] * (len(cause.tools) > _TOOLS)
    return _Row(
        code=cause.code,
        severity=cause.severity,
        about=flat(cause.about, 120),
        meaning=cause.meaning,
        calls=cause.calls,
        trajectories=cause.trajectories,
        tools=tuple(flat(tool, 60) for tool in tools),
        example_id=flat(cause.example_id, 160),
        finding=finding_views([cause.example], TIGHT)[0],
    )
