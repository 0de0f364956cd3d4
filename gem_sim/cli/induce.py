"""`gem-sim induce`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gem_sim.cli.engines import EngineName, Workers, engine_of
from gem_sim.cli.show import paint

if TYPE_CHECKING:
    from gem_sim.induce import Induced
    from gem_sim.verdict import Finding

_SHOWN = 20
_ORDER = {"error": 0, "undecided": 1, "warning": 2}
_PAINT = {"reproduced": "pass", "undecided": "undecided", "contradicted": "fail"}


def command(
    files: Annotated[list[str], typer.Argument(help="Trajectories of one tool set, in any format that verify reads.")],
    out: Annotated[Path, typer.Option(help="Folder to write the environment to; its name names it.")],
    state: Annotated[
        Path | None, typer.Option(help="What all dialogues start from: table → key → row, as in state.json.")
    ] = None,
    workers: Workers = 1,
    engine: EngineName = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, not a table.")] = False,
) -> int:
    """Make an environment of recorded trajectories, and replay them in it."""
    from gem_sim.engine.reading import read_all
    from gem_sim.formats.shards import files_of
    from gem_sim.induce import induce, read_state

    given = None if state is None else read_state(state)
    trajectories = list(read_all(files_of(files), engine_of(engine, workers)))
    names = [Path(file).name for file in files]
    induced = induce(trajectories, out, state=given, inputs=names)
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


def _cause(finding: Finding) -> str:
    return f"{finding.evidence.get('group')} {finding.evidence.get('field')}"


def _table(induced: Induced, out: Path, total: Counter[str]) -> str:
    from gem_sim.induce import FATES
    from gem_sim.report.values import visible

    contradictions = [finding for finding in induced.findings if finding.code == "induce.contradiction"]
    departures = Counter((f.code, f.argument) for f in induced.findings if f.code != "induce.contradiction")
    causes: dict[tuple[str, str], list[str]] = {}
    for finding in contradictions:
        where = finding.message if finding.severity == "error" else _cause(finding)
        causes.setdefault((finding.severity, where), []).append(finding.message)
    lines = []
    for (severity, _), messages in sorted(causes.items(), key=lambda item: _ORDER[item[0][0]])[:_SHOWN]:
        more = f" … and {len(messages) - 1} more of this kind" if len(messages) > 1 else ""
        lines.append(f"{paint(f'{severity:<9}', severity)} {visible(messages[0])}{more}")
    if len(causes) > _SHOWN:
        lines.append(f"… and {len(causes) - _SHOWN} more kinds of contradiction; --json has them all")
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
