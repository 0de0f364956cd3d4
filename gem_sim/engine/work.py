"""One shard of work: its rows go through a pure function, what comes out is a file that is there whole or not at all.

A worker that dies leaves a mark that says at which item it stood. Whoever takes the shard next tries that item once
more, and leaves it out if a worker dies there again; so a retry is all that recovery takes, in whichever engine.
"""

from __future__ import annotations

import json
import os
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import NamedTuple, Protocol

from gem_sim.canonical import Json
from gem_sim.errors import WorkerError
from gem_sim.formats import Row
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.shards import Shard, rows_of

MOST_TRIES = 2
_MOST_DEATHS = 20
_PLACE = struct.Struct("<q")


class Item(NamedTuple):
    """A row of a file. `lost` says why it is to be left out; None: it is to be done."""

    file: str
    row: Row
    lost: str | None


# Takes the items of a shard one by one, writes what comes out to a file, and returns what is to be known of it.
Do = Callable[[Iterator[Item], Path], Json]


class Work(Protocol):
    """What is done to a shard. It is pickled to workers, and opened once in each."""

    def open(self) -> Do:
        """Return the function, with all that it needs loaded."""


class Job(NamedTuple):
    """A shard and where what becomes of it goes. `key` is over all that decides what comes out.

    `part` is the result, `note` says that it is done, `mark` is where the worker stands; all are paths.
    """

    shard: Shard
    key: str
    part: str
    note: str
    mark: str


class Done(NamedTuple):
    """A job that is done: its shard, its result's path, what is to be known of it, and the process that did it.

    `pid` is None where an earlier run did it. `cpu_seconds` is the CPU time of that process since its start.
    """

    shard: Shard
    part: str
    summary: Json
    pid: int | None
    cpu_seconds: float = 0.0


class Opened:
    """Work that is opened when its first job comes, after the job's mark is set."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._do: Do | None = None

    def do(self, job: Job) -> Done:
        """Do a job, unless it is done.

        Raises:
            WorkerError: If workers died of this shard again and again.
        """
        known = done_before(job)
        if known is not None:
            return known
        mark = Mark(Path(job.mark))
        try:
            if self._do is None:
                self._do = self._work.open()
            summary = self._do(_items(job.shard, mark), Path(job.part))
        finally:
            # Only a worker that dies leaves its mark.
            mark.remove()
        with atomic_text(job.note) as note:
            note.write(json.dumps({"key": job.key, "summary": summary}, sort_keys=True))
        return Done(job.shard, job.part, summary, os.getpid(), process_time())


def done_before(job: Job) -> Done | None:
    """Return what an earlier run made of a job under the same key, None where it is still to be done."""
    try:
        note = json.loads(Path(job.note).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if note.get("key") != job.key or not Path(job.part).exists():
        return None
    return Done(job.shard, job.part, note["summary"], None)


def _items(shard: Shard, mark: Mark) -> Iterator[Item]:
    for number, row in enumerate(rows_of(shard)):
        lost = mark.lost(number)
        if lost is None:
            mark.stand(number)
        yield Item(shard.file, row, lost)
    mark.stand(-1)


class Mark:
    """A file with the place of each worker that took a shard; the last is where the present one stands.

    Places count items from 0; -1 is before the first or after the last.

    Raises:
        WorkerError: If too many workers died of the shard.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        earlier = [place for (place,) in _PLACE.iter_unpack(_whole(path))]
        if len(earlier) >= _MOST_DEATHS:
            cure = "give it more memory, or fewer workers"
            raise WorkerError(f"{len(earlier)} workers died of one shard ({path}); {cure}")
        self._deaths = Counter(earlier)
        self._offset = len(earlier) * _PLACE.size
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
        self.stand(-1)

    def lost(self, number: int) -> str | None:
        """Return why an item is to be left out, None where it is not."""
        deaths = self._deaths.get(number, 0)
        return f"its worker process died of it {deaths} times" if deaths >= MOST_TRIES else None

    def stand(self, number: int) -> None:
        """Say that this item is begun."""
        os.pwrite(self._file, _PLACE.pack(number), self._offset)

    def remove(self) -> None:
        """Take the mark away: the shard is done, or its fault is told otherwise."""
        os.close(self._file)
        self._path.unlink(missing_ok=True)


def _whole(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return b""
    return data[: len(data) // _PLACE.size * _PLACE.size]
