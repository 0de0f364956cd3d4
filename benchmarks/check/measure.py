"""How many planted bugs `gem-sim check` finds, how fast, and what it says of the environments as they are.

Each bug is put into a copy of a bundled environment, in a workspace of its own, twice: with the bundled trajectories
beside it, and without any, as a freshly extracted environment would be. A bug is found if the check reports an error
or something undecided that it does not report of the environment without the bug. What calls show is written as a
program and as a trajectory, and both are read back: the program is run in a process of its own.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bugs import BUGS
from hunting import SECONDS, hunt, machine_coverage, original, planted

__all__ = ["BUGS", "hunt", "measure", "planted", "table"]

ENVIRONMENTS = ("frame_shop", "library")
SEEDS = 20
# What the state machine alone is given for its coverage.
MACHINE_SECONDS = 30.0


def measure(repeat: int = SEEDS, seconds: float = SECONDS) -> dict[str, Any]:
    """Return every bug's outcome, the alarms on the originals, and their coverage.

    `repeat` is the number of seeds that the originals are checked with, `seconds` what each check is given.
    """
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        machines = {name: pool.submit(machine_coverage, name, MACHINE_SECONDS) for name in ENVIRONMENTS}
        hunts = [pool.submit(hunt, bug, examples=True, seconds=seconds) for bug in BUGS]
        checks = {(n, seed): pool.submit(original, n, seed, seconds) for n in ENVIRONMENTS for seed in range(repeat)}
        hunts += [pool.submit(hunt, bug, examples=False, seconds=seconds) for bug in BUGS]
        for number, done in enumerate(as_completed([*hunts, *checks.values()]), start=1):
            print(f"{number} of {len(hunts) + len(checks)}: {_brief(done.result())}", file=sys.stderr, flush=True)
    rows = [found.result() for found in hunts]
    told = {place: found.result() for place, found in checks.items()}
    reported = [line for alarms, _ in told.values() for line in alarms]
    coverage = {name: min(share for (n, _), (_, share) in told.items() if n == name) for name in ENVIRONMENTS}
    return {
        "bugs": rows,
        "seeds": repeat,
        "seconds": seconds,
        "alarms": [line for line in reported if " warning " not in line],
        "warnings": [line for line in reported if " warning " in line],
        "lowest_require_coverage": coverage,
        "machine_require_coverage": {name: found.result() for name, found in machines.items()},
        **_totals(rows),
    }


def _brief(result: Any) -> str:
    if isinstance(result, dict):
        return f"{result['environment']}: {result['bug']} {'found' if result['found'] else 'NOT FOUND'}"
    return f"an environment as it is: {len(result[0])} alarms or warnings, {result[1]:.0%} of the requires"


def _totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    totals: dict[str, Any] = {"planted": len(BUGS)}
    for key, examples in (("found", True), ("found_without_trajectories", False)):
        totals[key] = sum(row["found"] for row in rows if row["examples"] is examples)
    in_calls = [row for row in rows if row["reruns"] is not None]
    totals["shown_in_calls"], totals["reruns"] = len(in_calls), sum(row["reruns"] for row in in_calls)
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
    shown, runs = measured["shown_in_calls"], measured["reruns"]
    lines.append(f"{shown} shown by calls; {runs} of their programs and trajectories read back and run")
    lines.append(f"slowest check {measured['slowest_seconds']} s, {measured['most_work_seconds']} s of work at most")
    alarms, warnings = measured["alarms"], measured["warnings"]
    lines.append(
        f"{len(alarms)} alarms and {len(warnings)} warnings on the originals over {measured['seeds']} seeds each, "
        f"{measured['seconds']:g} s given"
    )
    lines += [f"  {line}" for line in (*alarms, *warnings)]
    for key, what in (
        ("lowest_require_coverage", "by the check, lowest over the seeds"),
        ("machine_require_coverage", f"by the state machine alone in {MACHINE_SECONDS:g} s"),
    ):
        shares = ", ".join(f"{name} {share:.1%}" for name, share in measured[key].items())
        lines.append(f"requires reached with success and refusal {what}: {shares}")
    return "\n".join(lines)
