"""Conversations written by hand in environments of their own: how many correct ones are doubted, what faults are found.

Each faulty conversation is a correct one with one fault of the kind a language model makes, mostly in what it says. It
counts as found if it has an error that the correct one has not, as unsure if it has such an undecided finding only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gem_sim
from gem_sim.verdict import Finding

HERE = Path(__file__).resolve().parent
_SHOWN = 12
_COLUMNS = ("correct", "doubted", "undecided", "faulty", "found", "unsure")


def measure() -> dict[str, Any]:
    """Return per environment how many conversations are `correct` and `faulty`, and the ids with what is said of them.

    Of the correct ones, `doubted` have an error and `undecided` nothing worse than an undecided finding; of the faulty
    ones, `found` have a new error, `unsure` only a new undecided finding, `missed` neither.
    """
    rows = [_measured(folder) for folder in sorted(HERE.iterdir()) if (folder / "environment.json").is_file()]
    return {"environments": rows}


def _measured(folder: Path) -> dict[str, Any]:
    environment = gem_sim.load_environment(str(folder))
    row: dict[str, Any] = {"environment": folder.name, "correct": 0, "doubted": {}, "undecided": {}}
    row |= {"faulty": 0, "found": {}, "unsure": {}, "missed": {}}
    known: dict[str, list[Finding]] = {}
    for trajectory in gem_sim.read_trajectories(folder / "correct.jsonl"):
        row["correct"] += 1
        findings = known[trajectory.id] = _grave(trajectory, environment)
        if findings:
            worst = _worst(findings)
            row["doubted" if worst.severity == "error" else "undecided"][trajectory.id] = str(worst)
    for trajectory in gem_sim.read_trajectories(folder / "faulty.jsonl"):
        row["faulty"] += 1
        new = _new(_grave(trajectory, environment), known[str(trajectory.extra["base"])])
        kind = "missed" if not new else "found" if _worst(new).severity == "error" else "unsure"
        row[kind][trajectory.id] = str(trajectory.extra["fault"])
    return row


def _grave(trajectory: gem_sim.Trajectory, environment: gem_sim.Environment) -> list[Finding]:
    verdict = gem_sim.verify(gem_sim.replay(trajectory, environment))
    return [finding for finding in verdict.findings if finding.severity != "warning"]


def _worst(findings: list[Finding]) -> Finding:
    return next((finding for finding in findings if finding.severity == "error"), findings[0])


def _new(findings: list[Finding], known: list[Finding]) -> list[Finding]:
    before = {(finding.code, finding.message) for finding in known}
    return [finding for finding in findings if (finding.code, finding.message) not in before]


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    return "\n".join(_lines(measured["environments"]))


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for kind in ("doubted", "undecided"):
        for row in rows:
            yield from (f"{kind}: {row['environment']} {name}: {said}" for name, said in row[kind].items())
    for row in rows:
        for name, fault in list(row["missed"].items())[:_SHOWN]:
            yield f"missed: {row['environment']} {name}: {fault}"
        if len(row["missed"]) > _SHOWN:
            yield f"missed: {row['environment']}: {len(row['missed']) - _SHOWN} more"
    yield f"{'environment':<18}" + "".join(f"{name:>10}" for name in _COLUMNS) + f"{'found':>10}"
    for name, some in (*((row["environment"], [row]) for row in rows), ("all", rows)):
        counts = [sum(row[key] if isinstance(row[key], int) else len(row[key]) for row in some) for key in _COLUMNS]
        share = counts[_COLUMNS.index("found")] / counts[_COLUMNS.index("faulty")]
        yield f"{name:<18}" + "".join(f"{count:>10}" for count in counts) + f"{100 * share:>9.1f}%"
