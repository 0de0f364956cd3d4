"""`gem-sim verify`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TextIO

import typer

from gem_sim.cli.show import divergence_lines, paint, source_lines, verdict_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from gem_sim.canonical import Json
    from gem_sim.cli.progress import Watch
    from gem_sim.engine import Judged
    from gem_sim.environment import Environment
    from gem_sim.formats import Record
    from gem_sim.verdict import Verdict

_SHOWN = 20


def command(
    files: Annotated[list[str], typer.Argument(help="Trajectories: .json, .jsonl, .gz, or - for standard input.")],
    env: Annotated[str, typer.Option("--env", help="Folder of an environment, or the name of a bundled one.")],
    out: Annotated[Path | None, typer.Option(help="Write the verdicts here, one JSON object a line.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report here.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes.")] = 1,
    engine: Annotated[str, typer.Option(help="Where the work runs: local.")] = "local",
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
    explained: Annotated[bool, typer.Option("--explain", help="Say where each value of each call comes from.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print verdicts as JSON lines, not as text.")] = False,
) -> int:
    """Replay trajectories in an environment and judge every call."""
    from gem_sim.cli.outputs import keep_apart
    from gem_sim.cli.progress import watch
    from gem_sim.errors import InputError
    from gem_sim.report.values import visible
    from gem_sim.simulator import load_environment

    if engine != "local":
        raise InputError(f"there is no engine {engine!r} in this version", cure="use --engine local with --workers")
    keep_apart(files, out, report)
    environment = load_environment(env, trusted=trusted or None)
    tally = _Tally()
    with _sink(out) as write, _page(report, environment) as put, watch(files, "verifying") as progress:
        asked = _Asked(with_trace=report is not None, with_sources=explained)
        for judged in _judged(files, environment, workers, progress, asked):
            line = verdict_line(judged.verdict, judged.sources)
            tally.add(judged)
            write(line)
            put(judged.verdict, judged.trace)
            if as_json:
                print(line)
            elif judged.verdict.verdict != "pass" and tally.shown < _SHOWN:
                tally.shown += 1
                print(describe(judged))
            elif judged.sources is not None:
                print(describe(judged))
            if judged.fault is not None:
                print(f"gem-sim: {visible(judged.fault)}", file=sys.stderr)
            progress.done()
    if not as_json:
        print(tally.table(out, report))
    return tally.status()


def _judged(
    files: list[str], environment: Environment, workers: int, progress: Watch, asked: _Asked
) -> Iterator[Judged]:
    from gem_sim.engine import judge_all
    from gem_sim.formats import read_records

    def records() -> Iterator[Record]:
        for number, file in enumerate(files):
            yield from progress.reading(number, read_records(file))

    return judge_all(records(), environment, workers=workers, **asked._asdict())


class _Asked(NamedTuple):
    """What to keep of each replay beside the verdict."""

    with_trace: bool
    with_sources: bool


class _Tally:
    """What has been seen so far; memory does not grow with the input."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.calls = 0
        self.broken: Counter[str] = Counter()
        self.shown = 0

    def add(self, judged: Judged) -> None:
        """Count one verdict."""
        self.outcomes[judged.verdict.verdict] += 1
        self.calls += judged.verdict.calls
        self.broken.update([judged.broken] if judged.broken else [])
        self.codes.update({finding.code for finding in judged.verdict.findings})

    def table(self, out: Path | None, report: Path | None) -> str:
        """Return the closing table."""
        number = self.outcomes.total()
        hidden = self.outcomes["fail"] + self.outcomes["undecided"] - self.shown
        lines = [f"… and {hidden} more that did not pass"] if hidden > 0 else []
        lines.append(f"{_count(number, 'trajectory', 'trajectories')}, {_count(self.calls, 'call', 'calls')} replayed")
        for name in ("pass", "fail", "undecided"):
            line = f"  {name:<10}{self.outcomes[name]:>7}"
            lines.append(paint(line, name) if self.outcomes[name] else line)
        if self.codes:
            lines.append("trajectories by finding")
            lines += [f"  {code:<28}{count:>7}" for code, count in sorted(self.codes.items())]
        lines += [f"{name} → {path}" for name, path in (("verdicts", out), ("report", report)) if path is not None]
        return "\n".join(lines)

    def status(self) -> int:
        """Return the exit status: 70 for a crashed check, 2 for a broken stub or no input, else the worst verdict."""
        if self.broken["check"]:
            return 70
        if self.broken["stub"]:
            return 2
        if not self.outcomes:
            print("gem-sim: there is no trajectory in the input; nothing was verified", file=sys.stderr)
            return 2
        if self.outcomes["fail"]:
            return 1
        return 3 if self.outcomes["undecided"] else 0


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
