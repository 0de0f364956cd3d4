"""`gem-sim induce`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gem_sim.cli.show import paint

if TYPE_CHECKING:
    from gem_sim.induce import Induced

_SHOWN = 20
_PAINT = {"reproduced": "pass", "undecided": "undecided", "contradicted": "fail"}


def command(
    files: Annotated[list[str], typer.Argument(help="Trajectories of one tool set, in any format that verify reads.")],
    out: Annotated[Path, typer.Option(help="Folder to write the environment to; its name names it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, not a table.")] = False,
) -> int:
    """Make an environment of recorded trajectories, and replay them in it."""
    from gem_sim.formats import read_trajectories
    from gem_sim.induce import induce

    trajectories = [trajectory for file in files for trajectory in read_trajectories(file)]
    names = [Path(file).name for file in files]
    induced = induce(trajectories, out, inputs=names)
    total: Counter[str] = sum(induced.fates().values(), Counter())
    print(json.dumps(_as_json(induced, out, total)) if as_json else _table(induced, out, total))
    errors = any(finding.severity == "error" for finding in induced.findings)
    if total["contradicted"] or errors:
        return 1
    return 3 if total["undecided"] else 0


def _as_json(induced: Induced, out: Path, total: Counter[str]) -> dict[str, object]:
    from gem_sim.induce import FATES

    return {
        "name": induced.environment.name,
        "digest": induced.environment.digest,
        "folder": str(out),
        "trajectories": len(induced.replays),
        "calls": total.total(),
        **{fate: total[fate] for fate in FATES},
        "tools": {tool: {fate: counts[fate] for fate in FATES} for tool, counts in induced.fates().items()},
        "findings": [finding.model_dump(mode="json") for finding in induced.findings],
    }


def _table(induced: Induced, out: Path, total: Counter[str]) -> str:
    from gem_sim.induce import FATES
    from gem_sim.report.values import visible

    contradictions = [f for f in induced.findings if f.code == "induce.contradiction"]
    departures = Counter((f.code, f.argument) for f in induced.findings if f.code != "induce.contradiction")
    lines = []
    for finding in contradictions[:_SHOWN]:
        lines.append(f"{paint(finding.code, finding.severity)}  {visible(finding.message)}")
    if len(contradictions) > _SHOWN:
        lines.append(f"… and {len(contradictions) - _SHOWN} more contradictions; --json has them all")
    for (code, argument), tools in sorted(departures.items()):
        what = (
            "argument undeclared" if code == "induce.undeclared_argument" else "declared schema given up for argument"
        )
        lines.append(f"{what} {visible(str(argument))}, {tools} tool(s)")
    width = max([len(tool) for tool in induced.fates()] + [8])
    lines += ["", f"{'recorded answers of':<{width}}" + "".join(f"{fate:>14}" for fate in FATES)]
    for tool, counts in induced.fates().items():
        lines.append(f"{visible(tool):<{width}}" + "".join(f"{counts[fate] or '·':>14}" for fate in FATES))
    cells = "".join(paint(f"{total[fate]:>14}", _PAINT[fate]) if total[fate] else f"{0:>14}" for fate in FATES)
    lines.append(f"{f'all {total.total()}':<{width}}{cells}")
    lines.append(f"{induced.environment.name}: {len(induced.environment.tools)} tools → {out}")
    return "\n".join(lines)
