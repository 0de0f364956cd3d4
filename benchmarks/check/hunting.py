"""One bug planted and hunted, one environment checked as it is: what the benchmark runs in processes side by side."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from bugs import Bug
from hypothesis import Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from gem_sim.environment import Environment
from gem_sim.formats import read_trajectories
from gem_sim.simulator import load_environment
from gem_sim.testing.check import check
from gem_sim.testing.machine import state_machine
from gem_sim.testing.program import steps, write_problems
from gem_sim.testing.watch import Problem

ROOT = Path(__file__).resolve().parent.parent.parent
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
        known = _before(bug.environment, examples, seconds)
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
            "reruns": _reruns(shown, environment, Path(folder)) if shown is not None and shown.calls else None,
        }


def _name(problem: Problem) -> tuple[str, str | None, str | None]:
    return problem.finding.code, problem.finding.tool, problem.finding.path


def _reruns(problem: Problem, environment: Environment, folder: Path) -> bool:
    """Tell whether the written program makes the calls, the last of which may break, and the trajectory has them."""
    write_problems(folder / "problems", [problem], environment)
    (program,) = (folder / "problems").glob("*.py")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
    answered = done.stdout.count("call_id='call_")
    broke = "gem_sim.errors.StubError" in done.stderr or "gem_sim.errors.LimitError" in done.stderr
    ran = done.returncode == broke and answered == len(problem.calls) - broke
    (trajectory,) = read_trajectories(folder / "problems" / "trajectories.jsonl")
    told = [placed.call.tool for placed in trajectory.calls()]
    return ran and told == [made.tool for made in problem.calls]


@cache
def _before(environment: str, examples: bool, seconds: float) -> frozenset[tuple[str, str | None, str | None]]:
    """Return what the check reports of an environment without any bug in it."""
    with tempfile.TemporaryDirectory() as folder:
        report = check(planted(Bug("none", environment, ()), Path(folder), examples=examples), seconds=seconds)
        return frozenset(map(_name, report.problems))


def original(name: str, seed: int, seconds: float) -> tuple[list[str], float]:
    """Return what the check reports of an environment as it is, and the share of `require`s reached both ways."""
    report = check(load_environment(ROOT / "environments" / name, trusted=True), seconds=seconds, seed=seed)
    assert report.explored is not None
    passed, refused = report.explored.covered("passed"), report.explored.covered("refused")
    alarms = [f"{name}, seed {seed}: {problem.finding.severity} {problem.finding}" for problem in report.problems]
    return alarms, (passed[0] + refused[0]) / (passed[1] + refused[1])


def machine_coverage(name: str, seconds: float) -> float:
    """Return the share of `require`s that calls of the state machine alone reach both ways in so much work."""
    began = process_time()
    machine = state_machine(load_environment(ROOT / "environments" / name, trusted=True))
    given = settings(machine.TestCase.settings, max_examples=25, derandomize=False, phases=(Phase.generate,))
    wanted = [number for number, site in enumerate(machine.lab.sites) if site.kind in ("passed", "refused")]
    number = 0
    while process_time() - began < seconds and not all(machine.reached[site] for site in wanted):
        run_state_machine_as_test(seeded(number)(machine), settings=given)
        number += 1
    return sum(machine.reached[site] > 0 for site in wanted) / len(wanted)
