"""`gem-sim graph`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class _Drawing(StrEnum):
    mermaid = "mermaid"
    svg = "svg"


def command(
    env: Annotated[str, typer.Argument(help="Folder of an environment, or the name of a bundled one.")],
    drawing: Annotated[
        _Drawing | None, typer.Option("--format", help="Default: svg where --out ends in .svg, else mermaid.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write here instead of standard output.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print steps and dependencies as JSON.")] = False,
) -> int:
    """Draw the steps of an environment's workflows and what they depend on."""
    from gem_sim.formats.atomic import atomic_text
    from gem_sim.report.graph import graph_json, mermaid, svg
    from gem_sim.simulator import load_environment

    environment = load_environment(env)
    if drawing is None:
        drawing = _Drawing.svg if out is not None and out.suffix == ".svg" else _Drawing.mermaid
    if as_json:
        text = json.dumps(graph_json(environment), ensure_ascii=False)
    else:
        text = svg(environment) if drawing is _Drawing.svg else mermaid(environment)
    if out is None:
        print(text)
        return 0
    with atomic_text(out) as file:
        file.write(text if text.endswith("\n") else f"{text}\n")
    print(f"{environment.name}: {sum(len(w.steps) for w in environment.workflows)} steps → {out}")
    return 0
