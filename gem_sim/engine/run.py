"""Work over all shards of an input, in whichever engine; the results are files of one folder, and come in order."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from gem_sim.canonical import Json, canonical_bytes
from gem_sim.engine.local import here, pool
from gem_sim.engine.work import Done, Job, Work, done_before
from gem_sim.errors import InputError
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.shards import Shard, plan

ENGINES: Final = ("local", "ray")
MANIFEST: Final = "_manifest.json"
# Rows in a shard: of a folder that is kept, and of one that is read at once and thrown away.
KEPT_ROWS: Final = 1_000
PASSING_ROWS: Final = 64


class Engine(NamedTuple):
    """Where work runs: *local* in this process (one worker) or a pool, *ray* on Ray Data. `address` is a cluster's."""

    name: str = "local"
    workers: int = 1
    address: str | None = None


class Parts(NamedTuple):
    """A folder of results. Its notes and marks are in `_shards`, its input where that had to be written in `_input`.

    `settings` is all that decides what comes out, beside the input. `ending` is that of the parts' names.
    """

    folder: Path
    settings: Json
    ending: str

    def job(self, shard: Shard) -> Job:
        """Return the job of a shard."""
        facts: Json = [self.settings, self.ending, shard.file, shard.kind, shard.line, shard.digest]
        key = hashlib.sha256(canonical_bytes(facts)).hexdigest()
        inside = self.folder / "_shards" / f"{shard.number:06}"
        part = self.folder / f"part-{shard.number:06}{self.ending}"
        return Job(shard, key, str(part), f"{inside}.json", f"{inside}.mark")


@contextmanager
def parts_in(folder: Path, settings: Json, ending: str) -> Iterator[Parts]:
    """Give a folder of results that stays, made where it is not there; what an earlier run left in it is used.

    Names in it that begin with `_` are not results.

    Raises:
        InputError: If the folder holds something else, or cannot be made.
    """
    folder = folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file, not a folder of shards", file=str(folder), cure="name another output")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise InputError("the folder holds something else", file=str(folder), cure="name an empty or a new folder")
    try:
        for name in ("_shards", "_input"):
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"the folder cannot be made: {reason}", file=str(folder), cure="name another one") from error
    # Only workers of this run may say of what they died.
    for mark in (folder / "_shards").glob("*.mark"):
        mark.unlink()
    with atomic_text(folder / MANIFEST) as file:
        file.write(json.dumps(settings, indent=1, sort_keys=True) + "\n")
    yield Parts(folder, settings, ending)


@contextmanager
def passing_parts(settings: Json = None) -> Iterator[Parts]:
    """Give a folder of pickled results that goes when the block ends."""
    with TemporaryDirectory(prefix="gem-sim-") as name:
        folder = Path(name)
        for inside in ("_shards", "_input"):
            (folder / inside).mkdir()
        yield Parts(folder, settings, ".pickle")


def run(
    work: Work,
    files: Sequence[str],
    parts: Parts,
    engine: Engine,
    rows: int,
    *,
    is_text: Callable[[str], bool] = lambda _file: False,
) -> Iterator[Done]:
    """Do work on all shards of files, and yield what is done in the order of the input.

    What an earlier run left done is not done again; parts beyond the last shard are removed at the end.

    Args:
        work: What is done to the rows of a shard.
        files: The input; see `formats.shards`.
        parts: Where the results go.
        engine: Where the work runs.
        rows: How many rows a shard has.
        is_text: Which files are one text, not rows.

    Raises:
        InputError: If there is no such engine, or a file as a whole is unusable.
        WorkerError: If workers die again and again.
    """
    if engine.name not in ENGINES:
        raise InputError(f"there is no engine {engine.name!r}", cure=f"use one of {', '.join(ENGINES)}")
    known: list[Done] = []
    count = 0

    def missing() -> Iterator[Job]:
        nonlocal count
        for shard in plan(files, rows, parts.folder / "_input", is_text=is_text):
            count += 1
            job = parts.job(shard)
            before = done_before(job)
            if before is None:
                yield job
            else:
                known.append(before)

    yield from _in_order(_each(work, missing(), engine), known)
    _remove_beyond(parts, count)


def _each(work: Work, jobs: Iterator[Job], engine: Engine) -> Iterator[Done]:
    if engine.name == "ray":
        from gem_sim.engine.ray import ray_data

        return ray_data(work, jobs, engine.workers, engine.address)
    return here(work, jobs) if engine.workers <= 1 else pool(work, jobs, engine.workers)


def _in_order(done: Iterable[Done], known: list[Done]) -> Iterator[Done]:
    """Yield what is done by number; `known` fills while `done` is iterated. Only summaries are held back."""
    held: list[tuple[int, Done]] = []
    following = 0
    for one in _then(done, known):
        heapq.heappush(held, (one.shard.number, one))
        while held and held[0][0] == following:
            yield heapq.heappop(held)[1]
            following += 1


def _then(done: Iterable[Done], known: list[Done]) -> Iterator[Done]:
    for one in done:
        yield from known
        known.clear()
        yield one
    yield from known
    known.clear()


def _remove_beyond(parts: Parts, count: int) -> None:
    for path in (*parts.folder.glob("part-*"), *(parts.folder / "_shards").glob("*.json")):
        number, _, ending = path.name.removeprefix("part-").partition(".")
        stale = f".{ending}" not in (".json", parts.ending)
        if number.isdigit() and (stale or int(number) >= count):
            path.unlink()
    # What dead workers were writing, and what was written for workers to read.
    for path in (*parts.folder.glob(".part-*.tmp"), *(parts.folder / "_input").iterdir()):
        path.unlink()
