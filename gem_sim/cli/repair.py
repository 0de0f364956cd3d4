"""`gem-sim repair`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

_STATUS = {"pass": 0, "fail": 1, "undecided": 3}


def command(
    env: Annotated[str, typer.Argument(help="Folder of an environment, or the name of a bundled one.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the repaired environment; without it nothing is written.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1.0, help="About how long to try calls.")] = 20.0,
    seed: Annotated[int, typer.Option(help="Decides every draw.")] = 0,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, not text.")] = False,
) -> int:
    """Repair what is mechanical: a missing `required`, a wrong `effect`, an undeclared table; then check again."""
    from gem_sim.simulator import load_environment
    from gem_sim.testing.check import report_lines
    from gem_sim.testing.repair import repair, write_repaired

    environment = load_environment(env, trusted=trusted or None)
    repaired = repair(environment, seconds=seconds, seed=seed)
    if out is not None:
        write_repaired(repaired.after, Path(environment.folder or ""), out)
    if as_json:
        told = {
            "environment": environment.name,
            "repairs": [item._asdict() for item in repaired.repairs],
            "diff": repaired.diff(),
            "before": repaired.found.verdict,
            "after": repaired.left.verdict,
            "left": [problem.finding.model_dump(mode="json") for problem in repaired.left.problems],
        }
        print(json.dumps(told, ensure_ascii=False))
    else:
        for item in repaired.repairs:
            print(item)
        print(repaired.diff() or "nothing to repair without a model")
        print("\n".join(report_lines(repaired.left)))
        if out is not None:
            print(f"  repaired environment → {out}")
    return _STATUS[repaired.left.verdict]
