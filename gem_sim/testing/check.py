"""Check an environment: conformance, exploration, determinism, a state machine and the tasks, in one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.testing.budget import Budget
from gem_sim.testing.conformance import CONFORMANCE, bundled
from gem_sim.testing.explore import MOST_STEPS, Explored, explore
from gem_sim.testing.lab import Lab, Made
from gem_sim.testing.program import steps
from gem_sim.testing.repeat import nondeterminism, row_order
from gem_sim.testing.shrink import shrink
from gem_sim.testing.tasks import Judged, judge_tasks
from gem_sim.testing.watch import Conventions, Problem, Watch, conventions
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding, outcome_of
from gem_sim.verdict import Outcome as Verdict

PARTS: Final = ("conformance", "calls", "determinism", "machine", "tasks")


@dataclass(frozen=True)
class Report:
    """What a check found and how far it looked.

    `problems` are the findings with the sessions that show them; `explored` what the exploration reached, None where
    it was not asked for; `tasks` what became of each task; `parts` which of `PARTS` were run.
    """

    environment: Environment
    parts: tuple[str, ...]
    seed: int
    problems: tuple[Problem, ...]
    explored: Explored | None = None
    tasks: tuple[Judged, ...] = ()
    repeated: int = 0
    extra: dict[str, Json] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """Pass, fail, or undecided."""
        return outcome_of(problem.finding for problem in self.problems)

    def of(self, severity: str) -> list[Problem]:
        """Return the problems of one severity."""
        return [problem for problem in self.problems if problem.finding.severity == severity]

    def __str__(self) -> str:
        return "\n".join(report_lines(self))


class EnvironmentFailed(AssertionError):
    """An environment did not pass its check; `report` says why."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(f"\n{report}")


def check_environment(
    environment: Environment, *, seconds: float = 20.0, seed: int = 0, parts: Iterable[str] = PARTS
) -> Report:
    """Check an environment and return the report.

    Args:
        environment: What to check.
        seconds: About how long to look for problems by trying calls.
        seed: Decides every draw; the same seed makes the same calls, as long as the time does not end them.
        parts: Which of `PARTS` to run.

    Raises:
        EnvironmentFailed: If there is an error; an AssertionError whose message is the report.
        InputError: If the environment's tools are a host's own code, or a file beside it cannot be read.
    """
    report = check(environment, seconds=seconds, seed=seed, parts=parts)
    if report.verdict == "fail":
        raise EnvironmentFailed(report)
    return report


def check(
    environment: Environment,
    *,
    seconds: float = 20.0,
    seed: int = 0,
    parts: Iterable[str] = PARTS,
    note: Callable[[str], object] = lambda _part: None,
    steps: int = MOST_STEPS,
) -> Report:
    """Check an environment and return the report, whatever it found; `note` is told each part as it begins.

    `steps` is the most calls to try, by which a run ends at the same call on every machine if `seconds` do not end it
    before. The other arguments are those of `check_environment`.
    """
    asked = tuple(part for part in PARTS if part in set(parts))
    return _Check(environment, seconds, seed, asked, note, steps).run()


class _Check:
    def __init__(
        self,
        environment: Environment,
        seconds: float,
        seed: int,
        parts: tuple[str, ...],
        note: Callable[[str], object],
        steps: int,
    ) -> None:
        self.steps = steps
        self.environment, self.seconds, self.seed, self.parts, self.note = environment, seconds, seed, parts, note
        self.lab = Lab(environment, seed=seed)
        self.known: Conventions = conventions(environment)
        self.recorded: list[Trajectory] = [trajectory for trajectory, _ in bundled(environment)]
        self.problems: dict[tuple[str, ...], Problem] = {}
        self.explored: Explored | None = None
        self.repeated = 0

    def run(self) -> Report:
        tasks: list[Judged] = []
        if "conformance" in self.parts:
            self.note("conformance")
            for conformance in CONFORMANCE:
                for fault in conformance(self.environment):
                    self._add(Problem((fault.code, fault.path or "", fault.message), fault, None, ()))
        if {"calls", "determinism"} & set(self.parts):
            self.note("calls")
            self._calls()
        if "determinism" in self.parts:
            self.note("determinism")
            self._determinism()
        if "machine" in self.parts:
            self.note("machine")
            self._machine()
        if "tasks" in self.parts:
            self.note("tasks")
            for judged, finding in judge_tasks(self.lab, self.recorded, seed=self.seed, seconds=0.3 * self.seconds):
                tasks.append(judged)
                if finding is not None:
                    self._add(Problem((finding.code, judged.task), finding, None, ()))
        problems = sorted(self.problems.values(), key=lambda p: (_RANK[p.finding.severity], p.key))
        return Report(
            self.environment, self.parts, self.seed, tuple(problems), self.explored, tuple(tasks), self.repeated
        )

    def _add(self, problem: Problem) -> None:
        self.problems.setdefault(problem.key, problem)

    def _calls(self) -> None:
        """Explore from where sessions start, then from tables without rows."""
        watch = Watch(self.lab, self.known)
        seeds = [(self.environment.tasks.get(one.task or ""), _calls_of(one)) for one in self.recorded]
        budget = Budget(self.seconds)
        most = 0.7 * self.seconds
        self.explored = explore(self.lab, seeds=seeds, seed=self.seed, steps=self.steps, seconds=most, watch=watch)
        left = max(1.0, min(0.2 * self.seconds, budget.left()))
        empty = list(_emptied(self.environment.state, {table for _tool, table in watch.makers}, self.known))
        if empty:
            good = tuple(made for calls in self.explored.good.values() for made in calls)
            explore(
                self.lab,
                seeds=[(start, good) for start in empty],
                starts=empty,
                seed=self.seed,
                steps=(300 + len(good)) * len(empty),
                seconds=left,
                only_starts=True,
                watch=watch,
            )
        if "calls" in self.parts:
            for problem in watch.finish():
                self._add(shrink(problem, self.lab, self.known))
            idle = _idle(self.explored, self.environment, watch.changed)
            for finding in (*_vacuity(self.explored, self.environment), *idle):
                self._add(Problem((finding.code, finding.tool or "", finding.message), finding, None, ()))

    def _determinism(self) -> None:
        assert self.explored is not None
        sessions = self.explored.paths
        self.repeated = len(sessions)
        for problem in (*nondeterminism(self.lab, sessions), *row_order(self.lab, sessions)):
            self._add(problem)

    def _machine(self) -> None:
        from gem_sim.testing.machine import run_machine

        problem = run_machine(self.environment, number=self.seed, ignore=frozenset(self.problems))
        if problem is not None and problem.key not in self.problems:
            self._add(shrink(problem, self.lab, self.known))


_RANK: Final = {"error": 0, "undecided": 1, "warning": 2}


def _calls_of(trajectory: Trajectory) -> tuple[Made, ...]:
    return tuple(Made(placed.call.tool, placed.call.arguments) for placed in trajectory.calls())


def _emptied(state: State, makers: set[str], known: Conventions) -> Iterator[Task]:
    """Yield starts where a table that tools add rows to has none, nor has any that refers to it."""
    for table in sorted(makers):
        gone = {table}
        while True:
            more = {place[0] for place, target in known.references.items() if target in gone} - gone
            if not more:
                break
            gone |= more
        rows: dict[str, dict[str, Any]] = {name: dict.fromkeys(state[name]) for name in sorted(gone) if name in state}
        yield Task(id=f"no-{table}", state=rows)


def _vacuity(explored: Explored, environment: Environment) -> Iterator[Finding]:
    """Yield what was not reached: a tool that never succeeded is an error, a place in a body a warning."""
    never = {tool for tool in environment.tools if not explored.succeeded[tool]}
    for tool in environment.tools:
        if tool in never:
            message = f"it never succeeded in {explored.tried[tool]} calls"
            yield Finding(code="check.never_succeeded", tool=tool, message=message)
    what = {"passed": "was never seen to pass", "refused": "was never seen to refuse"}
    for site in explored.unreached():
        if site.tool not in never:
            message = f"body line {site.line}: {site.text} {what.get(site.kind, 'was never reached')}"
            evidence: dict[str, Json] = {"line": site.line, "kind": site.kind}
            yield Finding(
                code="check.unreached", severity="warning", tool=site.tool, message=message, evidence=evidence
            )


def _idle(explored: Explored, environment: Environment, changed: set[tuple[str, str]]) -> Iterator[Finding]:
    """Yield what a tool declares as written and no call of it changed.

    It is an error if the tool changed none of its tables though every place of its body was reached, else a warning.
    """
    waiting = {site.tool for site in explored.unreached()}
    for name, tool in environment.tools.items():
        never = [table for table in tool.writes or () if (name, table) not in changed]
        if not never or tool.effect == "read" or not explored.succeeded[name]:
            continue
        message = f"it declares {', '.join(never)} as written and never changed it"
        nothing = len(never) == len(tool.writes or ()) and name not in waiting
        yield Finding(
            code="check.never_writes",
            severity="error" if nothing else "warning",
            tool=name,
            message=f"{message} in {explored.succeeded[name]} calls that succeeded",
            evidence={"tables": list[Json](never)},
        )


def _shorter_lines(tasks: Iterable[Judged], *, most: int = 5) -> Iterator[str]:
    """Yield a line for each task with a shorter way: how many calls it saves, and which tools the way takes."""
    found = [(one, one.shorter) for one in tasks if one.shorter is not None]
    for one, way in found[:most]:
        tools = " → ".join(made.tool for made in way)
        yield f"    {one.task}: {len(way)} call{'s' * (len(way) > 1)}, not {one.calls} as in {one.by}: {tools}"
    if len(found) > most:
        yield f"    … and {len(found) - most} more; `--json` has their calls"


def report_lines(report: Report, *, most: int = 30) -> list[str]:
    """Return a report as lines for a person."""
    environment, explored = report.environment, report.explored
    lines: list[str] = []
    for problem in report.problems[:most]:
        lines.append(f"{problem.finding.severity.upper():<10}{problem.finding}")
        lines += [f"             {line}" for line in steps(problem, environment)]
    if len(report.problems) > most:
        lines.append(f"… and {len(report.problems) - most} more")
    lines.append(f"{environment.name}: {len(environment.tools)} tools, seed {report.seed}")
    if explored is not None:
        lines.append(f"  calls        {explored.calls} tried, {explored.stopped}")
        done = sum(explored.succeeded[tool] > 0 for tool in environment.tools)
        lines.append(f"  tools        {done} of {len(environment.tools)} succeeded")
        passed, refused, branches = (
            explored.covered("passed"),
            explored.covered("refused", "failed"),
            explored.covered("branch"),
        )
        lines.append(f"  requires     {passed[0]} of {passed[1]} passed, {refused[0]} of {refused[1]} refused")
        lines.append(f"  branches     {branches[0]} of {branches[1]} entered")
    if "determinism" in report.parts:
        lines.append(f"  determinism  {report.repeated} sessions repeated")
    if report.tasks:
        counts = [
            (name, sum(one.outcome == name for one in report.tasks))
            for name in dict.fromkeys(t.outcome for t in report.tasks)
        ]
        shorter = sum(one.shorter is not None for one in report.tasks)
        outcomes = ", ".join(f"{count} {name}" for name, count in counts)
        lines.append(f"  tasks        {outcomes}; {shorter} can be done in fewer calls")
        lines += _shorter_lines(report.tasks)
    errors, undecided, warnings = (len(report.of(severity)) for severity in ("error", "undecided", "warning"))
    lines.append(f"  {report.verdict}: {errors} errors, {undecided} undecided, {warnings} warnings")
    return lines
