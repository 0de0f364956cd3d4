"""`gem-sim audit`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gem_sim.cli.show import paint

if TYPE_CHECKING:
    from gem_sim.audit import Audit, Cause
    from gem_sim.formats import Record

_TOOLS = 4
_WIDTH = 110


def command(
    files: Annotated[list[str], typer.Argument(help="Trajectories: .json, .jsonl, .gz, or - for standard input.")],
    report: Annotated[Path | None, typer.Option(help="Write an HTML report here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, not a table.")] = False,
) -> int:
    """Check a data set whose tools cannot be run, and group what is wrong by cause."""
    from gem_sim.audit import audit
    from gem_sim.cli.progress import watch

    with watch(files, "auditing") as progress:

        def records() -> Iterator[Record]:
            from gem_sim.formats import read_records

            for number, file in enumerate(files):
                for record in progress.reading(number, read_records(file)):
                    yield record
                    progress.done()

        audited = audit(records())
    if report is not None:
        from gem_sim.report.audit import write_audit

        write_audit(report, audited, [Path(file).name for file in files])
    if as_json:
        print(json.dumps(_as_json(audited), ensure_ascii=True))
    else:
        print("\n".join(_table(audited)))
        if report is not None:
            print(f"report → {report}")
    if not audited.trajectories and not audited.causes:
        print("gem-sim: there is no trajectory in the input; nothing was audited", file=sys.stderr)
        return 2
    severities = {cause.severity for cause in audited.causes}
    return 1 if "error" in severities else 3 if "undecided" in severities else 0


def _as_json(audited: Audit) -> dict[str, object]:
    values = audited._asdict()
    values["causes"] = [
        {**cause._asdict(), "tools": dict(cause.tools), "example": cause.example.model_dump(mode="json")}
        for cause in audited.causes
    ]
    return values


def _table(audited: Audit) -> Iterator[str]:
    yield (
        f"{audited.trajectories} trajectories, {audited.calls} calls ({audited.answered} answered) of {audited.tools}"
        f" tools; {audited.clean} trajectories without an error"
    )
    yield f"checked without running anything: {', '.join(audited.families)}"
    if not audited.causes:
        yield paint("nothing found", "pass")
        return
    yield ""
    yield f"{'':<10}{'calls':>6}{'traj.':>7}  cause"
    for cause in audited.causes:
        yield from _lines(cause)


def _lines(cause: Cause) -> Iterator[str]:
    from gem_sim.report.values import flat

    tools = [f"{tool} {number}" for tool, number in cause.tools[:_TOOLS]]
    tools += [f"{len(cause.tools) - _TOOLS} more tools"] if len(cause.tools) > _TOOLS else []
    about = f" {flat(cause.about, 60)}" if cause.about else ""
    where = f" · {flat(', '.join(tools), 90)}" if tools else ""
    head = f"{paint(f'{cause.severity:<10}', cause.severity)}{cause.calls:>6}{cause.trajectories:>7}"
    yield f"{head}  {cause.code}{about}{where}"
    place = f"{cause.example_id} call {cause.example.call}" if cause.example.call else cause.example_id
    yield f"{'':<25}e.g. {flat(place, 80)}: {flat(cause.example.message, _WIDTH)}"
