"""How many planted bugs `gem-sim check` finds, how fast, and what it says of the environments as they are.

Each bug is put into a copy of a bundled environment, in a workspace of its own, twice: with the bundled trajectories
beside it, and without any, as a freshly extracted environment would be. A bug is found if the check reports an error
or something undecided that it does not report of the environment without the bug.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from gem_sim.environment import Environment
from gem_sim.simulator import load_environment
from gem_sim.testing.check import check
from gem_sim.testing.program import steps
from gem_sim.testing.watch import Problem

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

from bugs import BUGS, Bug  # noqa: E402

SEEDS = range(20)
SECONDS = 10.0


def planted(bug: Bug, folder: Path, *, examples: bool) -> Environment:
    """Return the environment with the bug in it, in a workspace made in `folder`."""
    copy = folder / "environments" / bug.environment
    shutil.copytree(ROOT / "environments" / bug.environment, copy)
    (folder / "verifiers").mkdir()
    shutil.copy(ROOT / "verifiers" / f"{bug.environment}.py", folder / "verifiers")
    for file, old, new in bug.edits:
        text = (copy / file).read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise SystemExit(f"{bug.name}: the text occurs {text.count(old)} times in {file}")
        (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    if not examples:
        for name in ("trajectories.jsonl", "known_bad.jsonl"):
            (copy / name).unlink()
    return load_environment(copy, trusted=True)


def hunt(bug: Bug, *, examples: bool = True, seed: int = 0, seconds: float = SECONDS) -> dict[str, Any]:
    """Plant a bug and check; return whether it was `found`, in how many `seconds`, and what shows it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = planted(bug, Path(folder), examples=examples)
        began, work = monotonic(), process_time()
        report = check(environment, seconds=seconds, seed=seed)
        took, worked = monotonic() - began, process_time() - work
        known = _before(bug.environment, examples)
        serious = [p for p in report.problems if p.finding.severity != "warning" and _name(p) not in known]
        # What shows the bug in calls says more than a trajectory that no longer passes.
        serious.sort(key=lambda problem: problem.finding.code == "check.example")
        shown = serious[0] if serious else None
        return {
            "bug": bug.name,
            "environment": bug.environment,
            "examples": examples,
            "found": shown is not None,
            "seconds": round(took, 1),
            "work_seconds": round(worked, 1),
            "codes": sorted({problem.finding.code for problem in serious}),
            "finding": None if shown is None else str(shown.finding),
            "calls": [] if shown is None else steps(shown, environment),
        }


def _name(problem: Problem) -> tuple[str, str | None, str | None]:
    return problem.finding.code, problem.finding.tool, problem.finding.path


@cache
def _before(environment: str, examples: bool) -> frozenset[tuple[str, str | None, str | None]]:
    """Return what the check reports of an environment without any bug in it."""
    with tempfile.TemporaryDirectory() as folder:
        report = check(planted(Bug("none", environment, ()), Path(folder), examples=examples), seconds=SECONDS)
        return frozenset(map(_name, report.problems))


def measure() -> dict[str, Any]:
    """Return every bug's outcome, the alarms on the originals, and their coverage."""
    rows = [hunt(bug, examples=examples) for examples in (True, False) for bug in BUGS]
    alarms, coverage = [], {}
    for name in ("frame_shop", "library"):
        environment = load_environment(ROOT / "environments" / name, trusted=True)
        for seed in SEEDS:
            report = check(environment, seconds=SECONDS, seed=seed)
            alarms += [f"{name}, seed {seed}: {problem.finding}" for problem in report.problems]
            assert report.explored is not None
            passed, refused = report.explored.covered("passed"), report.explored.covered("refused")
            share = (passed[0] + refused[0]) / (passed[1] + refused[1])
            coverage[name] = min(share, coverage.get(name, 1.0))
    return {"bugs": rows, "seeds": len(SEEDS), "alarms": alarms, "lowest_require_coverage": coverage, **_totals(rows)}


def _totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    totals: dict[str, Any] = {"planted": len(BUGS)}
    for key, examples in (("found", True), ("found_without_trajectories", False)):
        totals[key] = sum(row["found"] for row in rows if row["examples"] is examples)
    totals["most_work_seconds"] = max(row["work_seconds"] for row in rows)
    totals["slowest_seconds"] = max(row["seconds"] for row in rows)
    return totals


def table(measured: dict[str, Any]) -> str:
    """Return the measurements as a table, each bug with what showed it."""
    lines = []
    for row in measured["bugs"]:
        beside = "" if row["examples"] else ", no trajectories"
        found = ", ".join(row["codes"]) if row["found"] else "NOT FOUND"
        lines.append(f"{row['seconds']:>5.1f} s  {row['environment']}: {row['bug']}{beside} → {found}")
        if row["found"]:
            lines.append(f"           {row['finding']}")
            lines += [f"             {call}" for call in row["calls"]]
    without = measured["found_without_trajectories"]
    lines.append(f"{measured['found']} of {measured['planted']} found, {without} without trajectories")
    lines.append(f"slowest check {measured['slowest_seconds']} s, {measured['most_work_seconds']} s of work at most")
    lines.append(f"{len(measured['alarms'])} alarms on the originals over {measured['seeds']} seeds each")
    lines += [f"  {alarm}" for alarm in measured["alarms"]]
    shares = ", ".join(f"{name} {share:.0%}" for name, share in measured["lowest_require_coverage"].items())
    lines.append(f"requires reached with success and refusal, lowest over the seeds: {shares}")
    return "\n".join(lines)
