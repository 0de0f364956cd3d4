"""`gem-sim schemas`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def command(
    out: Annotated[Path | None, typer.Option(help="Folder to write one file per format into.")] = None,
) -> int:
    """Print the JSON Schemas of gem-sim's file formats."""
    from gem_sim.formats.atomic import atomic_text
    from gem_sim.simulator.schemas import file_schemas

    schemas = file_schemas()
    if out is None:
        print(json.dumps(schemas, indent=2))
        return 0
    out.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas.items():
        with atomic_text(out / f"{name}.schema.json") as file:
            file.write(json.dumps(schema, indent=2) + "\n")
    print(f"{len(schemas)} schemas → {out}")
    return 0
