"""Verdicts of many trajectories: judged in shards, passed on in order, or left as shards with their totals."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from pydantic_core import PydanticSerializationError

from gem_sim.canonical import Json
from gem_sim.engine.each import each
from gem_sim.engine.judge import Judged, judge_any, lost
from gem_sim.engine.run import KEPT_ROWS, Engine, parts_in, run
from gem_sim.engine.work import Do, Done, Item
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.formats import record_of
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.parquet import write_parquet
from gem_sim.formats.rows import dump_json
from gem_sim.simulator import load_environment
from gem_sim.verdict import Verdict
from gem_sim.verifier import SourcedValue

Kind = Literal["jsonl", "parquet"]

# What is nested is JSON text: evidence and sources have no one schema.
COLUMNS: Final = {
    "id": "string",
    "verdict": "string",
    "calls": "int64",
    "state_digest": "string",
    "codes": "string",
    "findings": "string",
    "sources": "string",
}
_MOST_FAULTS: Final = 20


class Judging(NamedTuple):
    """The work of judging in an environment, which each worker loads for itself from its folder.

    A part holds verdicts, in `kind`.
    """

    folder: str
    trusted: bool
    kind: Kind
    with_sources: bool = False

    def open(self) -> Do:
        """Load the environment."""
        judged = judging(self.folder, self.trusted, False, self.with_sources)

        def do(items: Iterator[Item], part: Path) -> Json:
            tally = Tally()
            self._write(part, map(tally.counted, map(judged, items)))
            return tally.row()

        return do

    def _write(self, part: Path, judged: Iterator[Judged]) -> None:
        if self.kind == "jsonl":
            with atomic_text(part) as text:
                for one in judged:
                    text.write(f"{verdict_line(one.verdict, one.sources)}\n")
        else:
            write_parquet(part, map(_columns, judged), COLUMNS)


def judging(folder: str, trusted: bool, with_trace: bool, with_sources: bool) -> Callable[[Item], Judged]:
    """Load an environment, and return what judges a row in it."""
    environment = load_environment(folder, trusted=trusted)

    def judged(item: Item) -> Judged:
        record = record_of(item.file, item.row)
        if item.lost is not None:
            return lost(record, item.lost)
        return judge_any(record, environment, with_trace=with_trace, with_sources=with_sources)

    return judged


def settings_of(environment: Environment, judging: Judging) -> Json:
    """Return all that decides a verdict beside the trajectory."""
    own = Path(judging.folder).parent.parent / "verifiers" / f"{environment.name}.py"
    checks = hashlib.sha256(own.read_bytes()).hexdigest() if own.is_file() else None
    return {
        "command": "verify",
        "version": version("gem-sim"),
        "environment": environment.name,
        "digest": environment.digest,
        "checks": checks,
        "trusted": judging.trusted,
        "sources": judging.with_sources,
    }


def judge_all(
    files: Sequence[str],
    environment: Environment,
    engine: Engine,
    *,
    with_trace: bool = False,
    with_sources: bool = False,
    rows: int | None = None,
) -> Iterator[tuple[str, int, Judged]]:
    """Yield file, line and what became of each record, in the order of the input.

    Args:
        files: Trajectories, in any format that `read_records` reads.
        environment: Where to replay them; it must have been loaded from a folder, from which each worker loads it.
        engine: Where they are judged.
        with_trace: Whether to keep what a report shows.
        with_sources: Whether to say where each value of each call comes from.
        rows: How many records a shard has; None: few, since they pass.

    Raises:
        InputError: If a file as a whole is unusable, or there is no such engine.
    """
    arguments = (folder_of(environment), environment.trusted, with_trace, with_sources)
    yield from each(judging, arguments, files, engine, rows=rows)


def folder_of(environment: Environment) -> str:
    """Return where workers load an environment from.

    Raises:
        InputError: If it was not loaded from a folder.
    """
    if environment.folder is None:
        raise InputError("workers cannot load an environment that has no folder", cure="use the local engine")
    return str(Path(environment.folder).absolute())


def judge_into(
    folder: Path,
    files: Sequence[str],
    environment: Environment,
    engine: Engine,
    *,
    with_sources: bool = False,
    rows: int = KEPT_ROWS,
) -> Iterator[tuple[Done, int]]:
    """Leave verdicts as shards in a folder; yield each shard in order, with how many verdicts it has.

    A shard's summary is a `Tally.row`. Shards that an earlier run finished, of the same trajectories, environment and
    version, are kept as they are.

    Args:
        folder: Where the shards go: Parquet if its name ends in `.parquet`, else JSON lines.
        files, environment, engine, with_sources, rows: See `judge_all`.

    Raises:
        InputError: If the folder holds something else, a file as a whole is unusable, or there is no such engine.
    """
    kind: Kind = "parquet" if folder.suffix == ".parquet" else "jsonl"
    work = Judging(folder_of(environment), environment.trusted, kind, with_sources)
    with parts_in(folder, settings_of(environment, work), f".{kind}") as parts:
        for done in run(work, files, parts, engine, rows):
            summary: Any = done.summary
            yield done, int(summary["trajectories"])


@dataclass
class Tally:
    """What was judged, in numbers; `broken` counts what could not be judged by what is broken: *stub* or *check*.

    `faults` are the first lines to show a person.
    """

    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def counted(self, judged: Judged) -> Judged:
        """Count one verdict, and pass it on."""
        self.outcomes[judged.verdict.verdict] += 1
        self.calls += judged.verdict.calls
        self.broken.update([judged.broken] if judged.broken else [])
        self.codes.update({finding.code for finding in judged.verdict.findings})
        if judged.fault is not None and len(self.faults) < _MOST_FAULTS:
            self.faults.append(judged.fault)
        return judged

    def row(self) -> dict[str, Json]:
        """Return the numbers as JSON."""
        counted = {name: dict(sorted(getattr(self, name).items())) for name in ("outcomes", "codes", "broken")}
        return {"trajectories": self.outcomes.total(), "calls": self.calls, **counted, "faults": list(self.faults)}

    def merge(self, row: Any) -> None:
        """Add the numbers of another tally's `row`."""
        self.calls += row["calls"]
        for name in ("outcomes", "codes", "broken"):
            getattr(self, name).update(row[name])
        self.faults += row["faults"][: _MOST_FAULTS - len(self.faults)]


def verdict_line(verdict: Verdict, sources: Iterable[SourcedValue] | None = None) -> str:
    """Return a verdict as one line of JSON; lone surrogates, which pydantic cannot write, are escaped.

    With `sources` the line has the key `sources`: where each value of each call comes from.
    """
    if sources is not None:
        return dump_json({**verdict.model_dump(mode="json"), "sources": [value.row() for value in sources]})
    try:
        return verdict.model_dump_json()
    except PydanticSerializationError:
        return dump_json(verdict.model_dump())


def _columns(judged: Judged) -> dict[str, Any]:
    verdict = judged.verdict
    findings = [finding.model_dump() for finding in verdict.findings]
    return {
        "id": _text(verdict.id),
        "verdict": verdict.verdict,
        "calls": verdict.calls,
        "state_digest": verdict.state_digest,
        "codes": " ".join(sorted({finding.code for finding in verdict.findings})),
        "findings": dump_json(findings),
        "sources": None if judged.sources is None else dump_json([value.row() for value in judged.sources]),
    }


def _text(text: str) -> str:
    # Arrow takes no lone surrogates.
    return text.encode("utf-8", "backslashreplace").decode()
