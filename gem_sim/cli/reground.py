"""`gem-sim reground`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gem_sim.canonical import Json
    from gem_sim.environment import Environment
    from gem_sim.formats import JsonObject, Record
    from gem_sim.simulator.reground import Regrounded
    from gem_sim.verdict import Verdict

_SHOWN = 60


def command(
    files: Annotated[list[str], typer.Argument(help="Trajectories: .json, .jsonl, .gz, or - for standard input.")],
    env: Annotated[str, typer.Option("--env", help="Folder of an environment, or the name of a bundled one.")],
    out: Annotated[Path, typer.Option(help="Write the trajectories here, each in the format it came in.")],
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what changed as JSON lines, not as text.")] = False,
) -> int:
    """Replace recorded answers by executed ones, mark what rests on them, and verify again."""
    from gem_sim.cli.outputs import keep_apart
    from gem_sim.formats import write_rows
    from gem_sim.simulator import load_environment

    keep_apart(files, out)
    run = _Run(load_environment(env, trusted=trusted or None), as_json)
    written = write_rows(out, run.rows(files))
    if not written and not run.outcomes:
        print("gem-sim: there is no trajectory in the input; nothing was regrounded", file=sys.stderr)
        return 2
    if not as_json:
        found = ", ".join(f"{run.outcomes[name]} {name}" for name in ("pass", "fail", "undecided"))
        print(f"{written} trajectories, {run.changed} changed → {out}; verified again: {found}")
    return run.status()


class _Run:
    """One pass over the input; counts what became of it."""

    def __init__(self, environment: Environment, as_json: bool) -> None:
        self.environment = environment
        self.as_json = as_json
        self.outcomes: Counter[str] = Counter()
        self.changed = 0
        self.broken = 0

    def rows(self, files: list[str]) -> Iterator[JsonObject]:
        """Yield the rows to write; what cannot be read or run is told and left out."""
        from gem_sim.formats import read_records

        for file in files:
            for record in read_records(file):
                row = self._row(record)
                if row is not None:
                    yield row

    def _row(self, record: Record) -> JsonObject | None:
        from gem_sim.errors import StubError
        from gem_sim.formats import format_of
        from gem_sim.simulator import replay
        from gem_sim.simulator.reground import reground
        from gem_sim.verifier import verify

        if record.trajectory is None or record.row is None:
            print(f"gem-sim: {record.error}", file=sys.stderr)
            self.outcomes["fail"] += 1
            return None
        try:
            done = reground(record.trajectory, self.environment)
            verdict = verify(replay(done.trajectory, self.environment))
        except StubError as error:
            print(f"gem-sim: {error}; mend the body ({record.trajectory.id} is left out)", file=sys.stderr)
            self.broken += 1
            return None
        self.outcomes[verdict.verdict] += 1
        self.changed += bool(done.replaced)
        print(json.dumps(_as_json(done, verdict), ensure_ascii=False) if self.as_json else describe(done, verdict))
        known = format_of(record.row)
        # A trajectory that stayed as it is keeps its row to the letter.
        return record.row if known is None or not done.replaced else known.write(done.trajectory)

    def status(self) -> int:
        """Return the exit status: 2 for a broken stub, else by the worst verdict."""
        if self.broken:
            return 2
        if self.outcomes["fail"]:
            return 1
        return 3 if self.outcomes["undecided"] else 0


def _as_json(done: Regrounded, verdict: Verdict) -> dict[str, Json]:
    findings: list[Json] = [finding.code for finding in verdict.findings]
    return {
        "id": done.trajectory.id,
        "verdict": verdict.verdict,
        "findings": findings,
        "replaced": [replaced._asdict() for replaced in done.replaced],
        "marks": [mark._asdict() for mark in done.marks],
    }


def describe(done: Regrounded, verdict: Verdict) -> str:
    """Return what changed in a trajectory as text for a person: one line, and one for each value and mark."""
    from gem_sim.canonical import show

    answers = len({replaced.message for replaced in done.replaced})
    what = f"{_number(answers, 'answer')} replaced, {_number(len(done.marks), 'mark')}" if answers else "unchanged"
    lines = [f"{verdict.verdict.upper():<10}{done.trajectory.id}: {what}"]
    for item in done.replaced:
        old, new = show(item.old, _SHOWN), show(item.new, _SHOWN)
        lines.append(f"  replaced  call {item.call} · {item.tool} {item.path}: {old} → {new}")
    for mark in done.marks:
        place = f"call {mark.call} {mark.argument}" if mark.sentence is None else show(mark.sentence, 2 * _SHOWN)
        lines.append(f"  rests     message {mark.message}: {place} on {show(mark.old, _SHOWN)}")
    lines += [f"  {finding.severity:<9} {finding}" for finding in verdict.findings]
    return "\n".join(lines)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
