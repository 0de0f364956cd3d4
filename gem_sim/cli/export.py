"""`gem-sim export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def command(
    workspace: Annotated[Path, typer.Argument(help="A workspace written by synthesize.")],
    out: Annotated[Path, typer.Option(help="The folder to write: train.jsonl and README.md, the data set's card.")],
    format: Annotated[str, typer.Option(help="openai, hermes, sharegpt, trl, llamafactory or verl.")] = "openai",  # noqa: A002
    parquet: Annotated[bool, typer.Option("--parquet", help="Write train.parquet too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, not a line.")] = False,
) -> int:
    """A workspace's trajectories as a data set, verified once more and read back."""
    from gem_sim.pipeline.export import export

    exported = export(workspace, out, format=format, parquet=parquet)
    if as_json:
        files = [str(path) for path in exported.files]
        print(json.dumps({"rows": exported.rows, "rejected": exported.rejected, "files": files}))
    else:
        for name, reason in exported.rejected.items():
            print(f"left out {name}: {reason}")
        print(f"{exported.rows} rows → {', '.join(str(path) for path in exported.files)}")
    return 1 if exported.rejected else 0
