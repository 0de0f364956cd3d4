"""The options that say where many items are worked on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeGuard

import typer

if TYPE_CHECKING:
    from gem_sim.engine import Engine
    from gem_sim.errors import InputError

EngineName = Annotated[
    str, typer.Option(help="Where the work runs: local (this process, or --workers of them), or ray.")
]
Workers = Annotated[int, typer.Option(min=1, help="How many processes.")]
ShardRows = Annotated[int, typer.Option(help="How many rows a shard has, where shards are written.", min=1)]


def engine_of(name: str, workers: int) -> Engine:
    """Return the engine that was asked for; a Ray cluster's address is in RAY_ADDRESS.

    Raises:
        InputError: If there is none of that name.
    """
    from gem_sim.engine.run import ENGINES, Engine
    from gem_sim.errors import InputError

    if name not in ENGINES:
        raise InputError(f"there is no engine {name!r}", cure=f"use one of {', '.join(ENGINES)}")
    return Engine(name, workers, os.environ.get("RAY_ADDRESS") or None)


def holds_shards(out: Path | str | None) -> TypeGuard[Path]:
    """Tell whether an output is a folder of shards: one that is there, or a name without an ending or in `.parquet`."""
    if not isinstance(out, Path) or str(out) == "-":
        return False
    return out.is_dir() or out.suffix == ".parquet" or (not out.suffix and not out.exists())


def no_report(out: Path) -> InputError:
    """Return the error of a report over shards."""
    from gem_sim.errors import InputError

    return InputError("shards have no report of their own", file=str(out), cure="leave out --report, or name a file")
