"""`gem-sim view`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gem_sim.cli.report import ENV, WITH

if TYPE_CHECKING:
    from gem_sim.environment import Environment


def command(
    run: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Verdicts that verify --out wrote (a file or a folder), or trajectories."),
    ],
    env: Annotated[str | None, typer.Option("--env", help=ENV)] = None,
    over: Annotated[list[str] | None, typer.Option("--with", metavar="FILE", help=WITH)] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 0,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
) -> int:
    """Show a large run in your browser: the page of a report, read from the files as you look."""
    from gem_sim.errors import InputError
    from gem_sim.formats.paged import PagedRows, files_in
    from gem_sim.report.run import Conversations, environment_of_run, kind_of_run
    from gem_sim.report.serving import open_server
    from gem_sim.report.viewer import Viewer

    kind = kind_of_run(run, over or ())
    if kind == "workspace":
        cure = "use gem-sim report, or name one of its trajectories.jsonl with --env"
        raise InputError("view shows verdicts of one environment", file=str(run), cure=cure)
    environment = environment_of_run(run, env, trusted=trusted)
    with tempfile.TemporaryDirectory() as folder:
        files, told = files_in(run), list(over or [])
        if kind == "trajectories":
            told = files
            files = [_verdicts(files, environment, Path(folder))]
        print(f"gem-sim: reading {run}", file=sys.stderr)
        conversations = Conversations([name for file in told for name in files_in(file)]) if told else None
        viewer = Viewer(PagedRows(files), conversations, environment)
        server, address = open_server(viewer, port)
        print(f"{len(viewer):,} verdicts at {address}  (Ctrl-C ends it)", flush=True)
        with server:
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                print()
    return 0


def _verdicts(files: list[str], environment: Environment, folder: Path) -> str:
    """Judge trajectories into a file of verdicts, and return its name."""
    from gem_sim.cli.progress import watch
    from gem_sim.engine import judge
    from gem_sim.engine.verdicts import verdict_line
    from gem_sim.formats import read_records

    path = folder / "verdicts.jsonl"
    with path.open("w", encoding="utf-8") as out, watch(files, "verifying") as progress:
        for number, file in enumerate(files):
            for record in progress.reading(number, read_records(file)):
                out.write(f"{verdict_line(judge(record, environment).verdict)}\n")
                progress.done()
    return str(path)
