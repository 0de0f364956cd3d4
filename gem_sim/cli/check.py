"""`gem-sim check`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gem_sim.testing.check import Report

_STATUS = {"pass": 0, "fail": 1, "undecided": 3}


def command(
    env: Annotated[str, typer.Argument(help="Folder of an environment, or the name of a bundled one.")],
    seconds: Annotated[float, typer.Option(min=1.0, help="About how long to try calls.")] = 20.0,
    seed: Annotated[int, typer.Option(help="Decides every draw.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the problems: a program each, and all as trajectories.")
    ] = None,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, not text.")] = False,
) -> int:
    """Test an environment against itself: conformance, calls in ever new states, determinism, tasks."""
    from gem_sim.simulator import load_environment
    from gem_sim.testing.check import check, report_lines
    from gem_sim.testing.program import write_problems

    environment = load_environment(env, trusted=trusted or None)
    if out is not None:
        # What cannot be made is said before the work, not after it.
        out.mkdir(parents=True, exist_ok=True)
    report = check(environment, seconds=seconds, seed=seed, note=_note)
    written = [] if out is None else write_problems(out, report.problems, environment, seed=seed)
    if as_json:
        print(json.dumps(_json(report), ensure_ascii=False))
    else:
        print("\n".join(report_lines(report)))
        if written:
            print(f"  {len(written)} files → {out}")
    return _STATUS[report.verdict]


def _note(part: str) -> None:
    if sys.stderr.isatty():
        print(f"… {part}", file=sys.stderr)


def _json(report: Report) -> dict[str, Any]:
    explored = report.explored
    found: dict[str, Any] = {
        "environment": report.environment.name,
        "digest": report.environment.digest,
        "seed": report.seed,
        "verdict": report.verdict,
        "findings": [
            {
                **problem.finding.model_dump(mode="json"),
                "start": None if problem.start is None else problem.start.model_dump(mode="json"),
                "calls": [{"tool": made.tool, "arguments": dict(made.arguments)} for made in problem.calls],
            }
            for problem in report.problems
        ],
        "repeated": report.repeated,
        "tasks": [
            {
                "task": one.task,
                "outcome": one.outcome,
                "by": one.by,
                "calls": one.calls,
                "shorter": one.shorter
                and [{"tool": made.tool, "arguments": dict(made.arguments)} for made in one.shorter],
            }
            for one in report.tasks
        ],
    }
    if explored is not None:
        kinds = {"passed": ("passed",), "refused": ("refused", "failed"), "branches": ("branch",)}
        found["coverage"] = {name: list(explored.covered(*of)) for name, of in kinds.items()}
        found["tools"] = {
            tool: {"tried": explored.tried[tool], "succeeded": explored.succeeded[tool]}
            for tool in report.environment.tools
        }
        found["stopped"] = explored.stopped
    return found
