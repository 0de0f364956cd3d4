"""`gem-sim report`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gem_sim.environment import Environment
    from gem_sim.report.run import Shown

RUN = "Verdicts that verify --out wrote (a file or a folder), trajectories, or a workspace that synthesize wrote."
ENV = "Folder of an environment, or the name of a bundled one; a workspace has its own."
WITH = "Trajectories that the verdicts are about, to show them too; may be given several times."


def command(
    run: Annotated[Path, typer.Argument(help=RUN)],
    env: Annotated[str | None, typer.Option("--env", help=ENV)] = None,
    over: Annotated[list[str] | None, typer.Option("--with", metavar="FILE", help=WITH)] = None,
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("report.html"),
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
) -> int:
    """Write the report of a run that was verified before: one HTML file, no network."""
    from gem_sim.cli.outputs import keep_apart
    from gem_sim.report.html import open_report

    keep_apart([*_files(run), *(over or [])], out)
    environment, shown = _shown(run, env, over or [], trusted=trusted)
    number = stale = bare = 0
    with open_report(out, environment) as report:
        for one in shown:
            report.add(one.verdict, one.trace, one.environment)
            number += 1
            stale += one.end not in (None, one.verdict.state_digest)
            bare += one.trace is None
    if stale:
        words = f"{stale} of the verdicts end in another state than a replay does now; verify again"
        print(f"gem-sim: {words}", file=sys.stderr)
    if bare and over:
        print(f"gem-sim: {bare} of the verdicts have no conversation in {', '.join(over)}", file=sys.stderr)
    print(f"{number} {'trajectory' if number == 1 else 'trajectories'} → {out}")
    return 0


def _files(run: Path) -> list[str]:
    """Return the files that a run consists of, as far as an output could be one of them."""
    if not run.is_dir():
        return [str(run)]
    return [str(file) for file in (*run.glob("*"), *run.glob("environments/*/*"))]


def _shown(run: Path, env: str | None, over: list[str], *, trusted: bool) -> tuple[Environment, Iterator[Shown]]:
    from gem_sim.errors import InputError
    from gem_sim.formats import read_records
    from gem_sim.formats.paged import PagedRows, files_in
    from gem_sim.report.run import (
        Conversations,
        environment_of_run,
        judged,
        kind_of_run,
        verdicts_run,
        workspace_run,
    )

    kind = kind_of_run(run, over)
    if kind == "workspace":
        if env is not None:
            raise InputError("a workspace has its own environments", file=str(run), cure="leave --env out")
        environments, shown = workspace_run(run, trusted=trusted)
        return environments[0], shown
    environment = environment_of_run(run, env, trusted=trusted)
    files = files_in(run)
    if kind == "trajectories":
        return environment, judged((record for file in files for record in read_records(file)), environment)
    conversations = Conversations([name for file in over for name in files_in(file)]) if over else None
    return environment, verdicts_run(PagedRows(files), conversations, environment)
