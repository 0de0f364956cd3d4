"""Conversations written by hand in environments of their own: how many correct ones are doubted, what faults are found.

Each faulty conversation is a correct one with one fault of the kind a language model makes, mostly in what it says. It
counts as found if it has an error that the correct one has not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gem_sim
from gem_sim.verdict import Finding

HERE = Path(__file__).resolve().parent
_SHOWN = 12


def measure() -> dict[str, Any]:
    """Return per environment `correct`, `doubted` (correct ones with an error or an undecided finding), `faulty`,
    `found`, and the ids of the `doubted` and the `missed`, each with what is said of it."""
    rows = [_measured(folder) for folder in sorted(HERE.iterdir()) if (folder / "environment.json").is_file()]
    return {"environments": rows}


def _measured(folder: Path) -> dict[str, Any]:
    environment = gem_sim.load_environment(str(folder))
    correct = {t.id: _grave(t, environment) for t in gem_sim.read_trajectories(folder / "correct.jsonl")}
    faulty = list(gem_sim.read_trajectories(folder / "faulty.jsonl"))
    missed = [t for t in faulty if not _new(_grave(t, environment), correct[str(t.extra["base"])])]
    return {
        "environment": folder.name,
        "correct": len(correct),
        "doubted": {name: [str(finding) for finding in findings] for name, findings in correct.items() if findings},
        "faulty": len(faulty),
        "found": len(faulty) - len(missed),
        "missed": {trajectory.id: str(trajectory.extra["fault"]) for trajectory in missed},
    }


def _grave(trajectory: gem_sim.Trajectory, environment: gem_sim.Environment) -> list[Finding]:
    verdict = gem_sim.verify(gem_sim.replay(trajectory, environment))
    return [finding for finding in verdict.findings if finding.severity != "warning"]


def _new(findings: list[Finding], known: list[Finding]) -> list[Finding]:
    before = {(finding.code, finding.message) for finding in known}
    return [finding for finding in findings if (finding.code, finding.message) not in before]


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    return "\n".join(_lines(measured["environments"]))


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield from (f"doubted: {row['environment']} {name}: {said[0]}" for name, said in row["doubted"].items())
    for row in rows:
        for name, fault in list(row["missed"].items())[:_SHOWN]:
            yield f"missed: {row['environment']} {name}: {fault}"
        if len(row["missed"]) > _SHOWN:
            yield f"missed: {row['environment']}: {len(row['missed']) - _SHOWN} more"
    yield f"{'environment':<18}{'correct':>9}{'doubted':>9}{'faulty':>9}{'found':>9}{'':>9}"
    total = {key: sum(row[key] for row in rows) for key in ("correct", "faulty", "found")}
    every = {**total, "environment": "all", "doubted": [name for row in rows for name in row["doubted"]]}
    for row in (*rows, every):
        share = f"{100 * row['found'] / row['faulty']:.1f}%"
        counts = (row["correct"], len(row["doubted"]), row["faulty"], row["found"], share)
        yield f"{row['environment']:<18}" + "".join(f"{count:>9}" for count in counts)
