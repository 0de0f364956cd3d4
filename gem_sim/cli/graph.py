"""`gem-sim graph`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gem_sim.environment import Environment
    from gem_sim.simulator import Replay
    from gem_sim.simulator.dependency_graph import EvidenceKind
    from gem_sim.verdict import Verdict


class _Drawing(StrEnum):
    mermaid = "mermaid"
    svg = "svg"


def command(
    env: Annotated[str, typer.Argument(help="Folder of an environment, or the name of a bundled one.")],
    drawing: Annotated[
        _Drawing | None, typer.Option("--format", help="Default: svg where --out ends in .svg, else mermaid.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write here instead of standard output.")] = None,
    evidence: Annotated[
        str, typer.Option(help="Which edges, separated by commas: declared, stated, data, state.")
    ] = "declared,stated",
    over: Annotated[
        str | None, typer.Option("--with", metavar="FILE", help="Lay the path of a trajectory of this file over it.")
    ] = None,
    id_: Annotated[str | None, typer.Option("--id", help="Which trajectory of that file; default: the first.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print steps and edges with their evidence as JSON.")] = False,
) -> int:
    """Draw the steps of an environment's workflows and what they depend on, with the evidence that says so."""
    from gem_sim.formats.atomic import atomic_text
    from gem_sim.report.graph import edge_counts, graph_json, mermaid, svg
    from gem_sim.simulator import load_environment

    kinds = _kinds(evidence)
    environment = load_environment(env)
    replayed, verdict = _replayed(over, id_, environment)
    if drawing is None:
        drawing = _Drawing.svg if out is not None and out.suffix == ".svg" else _Drawing.mermaid
    if as_json:
        text = json.dumps(graph_json(environment, kinds, replay=replayed, verdict=verdict), ensure_ascii=False)
    else:
        draw = svg if drawing is _Drawing.svg else mermaid
        text = draw(environment, kinds, replay=replayed, verdict=verdict)
    if out is None:
        print(text)
        return 0
    with atomic_text(out) as file:
        file.write(text if text.endswith("\n") else f"{text}\n")
    counts = ", ".join(f"{number} {kind}" for kind, number in edge_counts(environment, kinds).items())
    steps = sum(len(workflow.steps) for workflow in environment.workflows)
    print(f"{environment.name}: {steps} steps, edges: {counts} → {out}")
    return 0


def _kinds(text: str) -> tuple[EvidenceKind, ...]:
    from gem_sim.errors import InputError
    from gem_sim.simulator.dependency_graph import EVIDENCE

    wanted = {word.strip() for word in text.split(",")} - {""}
    unknown = wanted - set(EVIDENCE)
    if unknown or not wanted:
        what = f"no evidence is called {min(unknown)!r}" if unknown else "no evidence is named"
        raise InputError(f"--evidence: {what}", cure=f"choose of {', '.join(EVIDENCE)}")
    return tuple(kind for kind in EVIDENCE if kind in wanted)


def _replayed(file: str | None, id_: str | None, environment: Environment) -> tuple[Replay | None, Verdict | None]:
    from gem_sim.errors import InputError
    from gem_sim.formats import read_records
    from gem_sim.simulator import replay
    from gem_sim.verifier import verify

    if file is None:
        if id_ is not None:
            raise InputError("--id names a trajectory of no file", cure="name the file with --with")
        return None, None
    for record in read_records(file):
        trajectory = record.trajectory
        if trajectory is not None and id_ in (None, trajectory.id):
            replayed = replay(trajectory, environment)
            return replayed, verify(replayed)
    what = "readable trajectory" if id_ is None else f"readable trajectory {id_!r}"
    raise InputError(f"the file has no {what}", file=file, cure="name one that gem-sim verify can read")
