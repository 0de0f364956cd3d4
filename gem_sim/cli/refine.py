"""`gem-sim refine`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gem_sim.cli.engines import EngineName, Workers, engine_of

if TYPE_CHECKING:
    from gem_sim.canonical import Json
    from gem_sim.cli.progress import Watch
    from gem_sim.engine import Engine
    from gem_sim.engine.refining import Harder
    from gem_sim.environment import Environment
    from gem_sim.formats import JsonObject
    from gem_sim.refiner import Complexity, Refined


def command(
    files: Annotated[list[str], typer.Argument(help="Trajectories: .json, .jsonl, .gz, or - for standard input.")],
    env: Annotated[str, typer.Option("--env", help="Folder of an environment, or the name of a bundled one.")],
    out: Annotated[Path, typer.Option(help="Write the refined trajectories here, each in the format it came in.")],
    seed: Annotated[int, typer.Option(help="Decides what is proposed; the same seed, the same bytes.")] = 0,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
    workers: Workers = 1,
    engine: EngineName = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of each as JSON lines.")] = False,
) -> int:
    """Make verified trajectories harder; every rewrite is replayed and verified, and kept or rolled back."""
    from gem_sim.cli.outputs import keep_apart
    from gem_sim.formats import write_rows
    from gem_sim.simulator import load_environment

    keep_apart(files, out)
    where = engine_of(engine, workers)
    run = _Run(load_environment(env, trusted=trusted or None), seed, as_json, where)
    written = write_rows(out, run.rows(files))
    if not written and not run.left_out:
        print("gem-sim: there is no trajectory in the input; nothing was refined", file=sys.stderr)
        return 2
    if not as_json:
        print(run.summary(written, out))
    return 2 if run.broken else 1 if run.left_out else 0


class _Run:
    """One pass over the input; counts what became of it."""

    def __init__(self, environment: Environment, seed: int, as_json: bool, engine: Engine) -> None:
        self.environment = environment
        self.engine = engine
        self.seed = seed
        self.as_json = as_json
        self.kept: Counter[str] = Counter()
        self.rolled_back: Counter[str] = Counter()
        self.factors: dict[str, list[float]] = {"messages": [], "tools": [], "calls": []}
        self.left_out = 0
        self.broken = 0

    def rows(self, files: list[str]) -> Iterator[JsonObject]:
        """Yield the rows to write; what cannot be read, does not pass or breaks is told and left out."""
        from gem_sim.cli.progress import watch

        with watch(files, "refining") as progress:
            for done in self._done(files, progress):
                progress.done()
                if done.fault is not None:
                    self._leave_out(done.fault)
                self.broken += done.broken
                if done.refined is not None:
                    self._count(done.refined)
                    if self.as_json:
                        print(json.dumps(_as_json(done.refined), ensure_ascii=False))
                if done.row is not None:
                    yield done.row

    def _done(self, files: list[str], progress: Watch) -> Iterator[Harder]:
        from gem_sim.engine.refining import refine_all, refine_record
        from gem_sim.formats import read_records

        if self.engine.name != "local" or self.engine.workers > 1:
            yield from refine_all(files, self.environment, self.engine, seed=self.seed)
            return
        for number, file in enumerate(files):
            for record in progress.reading(number, read_records(file)):
                yield refine_record(record, self.environment, self.seed)

    def _leave_out(self, line: str) -> None:
        print(f"gem-sim: {line}", file=sys.stderr)
        self.left_out += 1

    def _count(self, done: Refined) -> None:
        self.kept.update(done.kept)
        self.rolled_back.update(attempt.rewrite for attempt in done.attempts if attempt.rejected is not None)
        for name, values in self.factors.items():
            values.append(getattr(done.after, name) / max(getattr(done.before, name), 1))

    def summary(self, written: int, out: Path) -> str:
        """Return the table for a person."""
        from statistics import fmean

        lines = [f"{'rewrite':<26}{'kept':>6}{'rolled back':>13}"]
        for name in sorted({*self.kept, *self.rolled_back}):
            lines.append(f"{name:<26}{self.kept[name]:>6}{self.rolled_back[name]:>13}")
        if written:
            grown = ", ".join(f"{name} ×{fmean(values):.2f}" for name, values in self.factors.items() if values)
            lines.append(f"in the mean: {grown}")
        left = f", {self.left_out} left out" if self.left_out else ""
        verified = "; every one verified by replay" if written else ""
        return "\n".join([*lines, f"{written} trajectories refined → {out}{left}{verified}"])


def _as_json(done: Refined) -> dict[str, Json]:
    attempts: list[Json] = [dict(attempt._asdict()) for attempt in done.attempts]
    kept: list[Json] = list(done.kept)
    figures: dict[str, Json] = {name: _figures(getattr(done, name)) for name in ("before", "after")}
    return {"id": done.trajectory.id, "kept": kept, "attempts": attempts, **figures}


def _figures(figures: Complexity) -> Json:
    patterns: list[Json] = [*sorted(figures.patterns)]
    return {**figures._asdict(), "patterns": patterns}
