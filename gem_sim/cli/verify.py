"""`gem-sim verify`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TextIO

import typer

from gem_sim.cli.engines import EngineName, ShardRows, Workers, engine_of, holds_shards, no_report
from gem_sim.cli.show import divergence_lines, paint, source_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from gem_sim.canonical import Json
    from gem_sim.cli.progress import Watch
    from gem_sim.engine import Engine, Judged
    from gem_sim.engine.verdicts import Tally
    from gem_sim.environment import Environment
    from gem_sim.verdict import Verdict

_SHOWN = 20

OUT_HELP = (
    "Write the verdicts here, one JSON object a line; a folder (or a name without an ending) gets them in shards, "
    "NAME.parquet in shards of Parquet, and what an earlier run left there is not done again."
)


def command(
    files: Annotated[
        list[str],
        typer.Argument(help="Trajectories: .json, .jsonl, .gz, .parquet, folders of these, or - for standard input."),
    ],
    env: Annotated[str, typer.Option("--env", help="Folder of an environment, or the name of a bundled one.")],
    out: Annotated[Path | None, typer.Option(help=OUT_HELP)] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report here.")] = None,
    workers: Workers = 1,
    engine: EngineName = "local",
    shard_rows: ShardRows = 1_000,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
    explained: Annotated[bool, typer.Option("--explain", help="Say where each value of each call comes from.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print verdicts as JSON lines, not as text.")] = False,
) -> int:
    """Replay trajectories in an environment and judge every call."""
    from gem_sim.cli.outputs import keep_apart
    from gem_sim.cli.progress import watch
    from gem_sim.formats.shards import files_of
    from gem_sim.simulator import load_environment

    where = engine_of(engine, workers)
    named, files = files, files_of(files)
    keep_apart([*named, *files], out, report)
    environment = load_environment(env, trusted=trusted or None)
    if holds_shards(out):
        if report is not None:
            raise no_report(out)
        return _shards(files, out, environment, where, shard_rows, explained=explained, as_json=as_json)
    shown = _Shown()
    with _sink(out) as write, _page(report, environment) as put, watch(files, "verifying") as progress:
        asked = _Asked(with_trace=report is not None, with_sources=explained)
        for judged in _judged(files, environment, where, progress, asked):
            shown.one(judged, write, as_json=as_json)
            put(judged.verdict, judged.trace)
            progress.done()
    if not as_json:
        print(shown.table(out, report))
    return status_of(shown.tally)


def _judged(
    files: list[str], environment: Environment, engine: Engine, progress: Watch, asked: _Asked
) -> Iterator[Judged]:
    from gem_sim.engine import judge
    from gem_sim.engine.verdicts import judge_all
    from gem_sim.formats import read_records

    if engine.name == "local" and engine.workers == 1:
        for number, file in enumerate(files):
            for record in progress.reading(number, read_records(file)):
                yield judge(record, environment, **asked._asdict())
        return
    numbers = {"<stdin>" if file == "-" else file: number for number, file in enumerate(files)}
    for file, line, judged in judge_all(files, environment, engine, **asked._asdict()):
        progress.at(numbers[file], line)
        yield judged


def _shards(
    files: list[str],
    out: Path,
    environment: Environment,
    engine: Engine,
    rows: int,
    *,
    explained: bool,
    as_json: bool,
) -> int:
    """Leave the verdicts as shards in a folder, and print their totals."""
    from gem_sim.cli.progress import watch
    from gem_sim.engine.verdicts import judge_into
    from gem_sim.report.values import visible

    shown = _Shown()
    again = 0
    with watch(files, "verifying") as progress:
        numbers = {"<stdin>" if file == "-" else file: number for number, file in enumerate(files)}
        for done, number in judge_into(out, files, environment, engine, with_sources=explained, rows=rows):
            shown.tally.merge(done.summary)
            again += done.pid is None
            progress.at(numbers[done.shard.file], done.shard.line)
            progress.done(number)
    for fault in shown.tally.faults:
        print(f"gem-sim: {visible(fault)}", file=sys.stderr)
    if as_json:
        print(json.dumps({**shown.tally.row(), "out": str(out), "shards_kept": again}))
    else:
        print(shown.table(out, None, whole=True))
        if again:
            print(f"{_count(again, 'shard', 'shards')} of an earlier run kept")
    return status_of(shown.tally)


class _Asked(NamedTuple):
    """What to keep of each replay beside the verdict."""

    with_trace: bool
    with_sources: bool


class _Shown:
    """What was printed so far; memory does not grow with the input."""

    def __init__(self) -> None:
        from gem_sim.engine.verdicts import Tally

        self.tally = Tally()
        self.shown = 0

    def one(self, judged: Judged, write: Callable[[str], object], *, as_json: bool) -> None:
        """Write a verdict, and print it where it is to be seen."""
        from gem_sim.engine.verdicts import verdict_line
        from gem_sim.report.values import visible

        line = verdict_line(judged.verdict, judged.sources)
        self.tally.counted(judged)
        write(line)
        if as_json:
            print(line)
        elif judged.verdict.verdict != "pass" and self.shown < _SHOWN:
            self.shown += 1
            print(describe(judged))
        elif judged.sources is not None:
            print(describe(judged))
        if judged.fault is not None:
            print(f"gem-sim: {visible(judged.fault)}", file=sys.stderr)

    def table(self, out: Path | None, report: Path | None, *, whole: bool = False) -> str:
        """Return the closing table; `whole`: nothing was to be printed before it."""
        tally = self.tally
        number = tally.outcomes.total()
        hidden = 0 if whole else tally.outcomes["fail"] + tally.outcomes["undecided"] - self.shown
        kept = out is not None or report is not None
        rest = "" if kept else "; --out keeps each verdict, --report writes a page, --json prints them"
        lines = [f"… and {hidden} more that did not pass{rest}"] if hidden > 0 else []
        lines.append(f"{_count(number, 'trajectory', 'trajectories')}, {_count(tally.calls, 'call', 'calls')} replayed")
        for name in ("pass", "fail", "undecided"):
            line = f"  {name:<10}{tally.outcomes[name]:>7}"
            lines.append(paint(line, name) if tally.outcomes[name] else line)
        if tally.codes:
            lines.append("trajectories by finding")
            lines += [f"  {code:<28}{count:>7}" for code, count in sorted(tally.codes.items())]
        lines += [f"{name} → {path}" for name, path in (("verdicts", out), ("report", report)) if path is not None]
        return "\n".join(lines)


def status_of(tally: Tally) -> int:
    """Return the exit status: 70 for a crashed check, 2 for a broken stub or no input, else the worst verdict."""
    if tally.broken["check"]:
        return 70
    if tally.broken["stub"]:
        return 2
    if not tally.outcomes:
        print("gem-sim: there is no trajectory in the input; nothing was verified", file=sys.stderr)
        return 2
    if tally.outcomes["fail"]:
        return 1
    return 3 if tally.outcomes["undecided"] else 0


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def describe(judged: Judged) -> str:
    """Return a verdict as text for a person: the findings, and the first divergence side by side."""
    from gem_sim.report.values import visible

    verdict = judged.verdict
    lines = [f"{paint(verdict.verdict.upper(), verdict.verdict)}  {visible(verdict.id)}"]
    for finding in verdict.findings:
        lines.append(f"  {paint(f'{finding.severity:<9}', finding.severity)} {visible(str(finding))}")
    lines += divergence_lines(judged.divergence)
    lines += source_lines(judged.sources)
    return "\n".join(lines) + "\n"


@contextmanager
def _sink(out: Path | None) -> Iterator[Callable[[str], object]]:
    """Give a function that writes a line to `out`, which appears whole at the end or not at all."""
    from gem_sim.formats.atomic import atomic_text

    with ExitStack() as stack:
        if out is None:
            yield lambda _line: None
        else:
            file: TextIO = stack.enter_context(atomic_text(out))
            yield lambda line: file.write(f"{line}\n")


@contextmanager
def _page(path: Path | None, environment: Environment) -> Iterator[Callable[[Verdict, dict[str, Json] | None], object]]:
    """Give a function that puts a verdict and its trace into the report at `path`; None: no report."""
    if path is None:
        yield lambda _verdict, _trace: None
        return
    from gem_sim.report.html import open_report

    with open_report(path, environment) as report:
        yield report.add
