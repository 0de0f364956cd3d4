"""A progress bar on standard error, where a person watches it."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from gem_sim.errors import InputError
from gem_sim.formats.lines import Chunks

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from gem_sim.formats import Record


class Watch:
    """Follows records from where they are read to where they are done; shows nothing without a bar.

    What is done is told by the lines of the files, since a record says at which line it stands; records may be done
    by several processes, but in the order in which they were read.
    """

    def __init__(self, bar: tuple[Progress, TaskID] | None, starts: Sequence[int] | None) -> None:
        self._bar = bar
        self._starts = starts
        self._places: deque[int] = deque()
        self._count = 0

    def reading(self, file: int, records: Iterable[Record]) -> Iterator[Record]:
        """Pass on the records of a file, given by its place among the files, and note where each stands."""
        for record in records:
            self.at(file, record.line)
            yield record

    def at(self, file: int, line: int) -> None:
        """Note where the next record stands that is done, its file given by its place among the files."""
        if self._bar is not None and self._starts is not None:
            self._places.append(self._starts[file] + line)

    def done(self, number: int = 1) -> None:
        """Say that the next record is done, or as many as are given."""
        if self._bar is None:
            return
        self._count += number
        progress, task = self._bar
        place = self._places.popleft() if self._places else None
        progress.update(task, completed=place, count=f"{self._count:,}")


@contextmanager
def watch(files: Sequence[str], what: str) -> Iterator[Watch]:
    """Show a bar while the block runs, if standard error is a terminal: a share where all files have a known size.

    Args:
        files: What will be read; "-" and pipes have no known size, and then only a count is shown.
        what: What is being done, in one word.
    """
    if not sys.stderr.isatty():
        yield Watch(None, None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description} {task.fields[count]}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    # What is printed meanwhile goes around the bar where a person sees both, and to its file where it has one.
    printed = sys.stdout.isatty()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=printed, expand=True) as progress:
        task = progress.add_task("counting lines", total=None, count="")
        lines = _line_counts(files)
        starts = None if lines is None else list(accumulate(lines, initial=0))
        progress.update(task, description=what, total=None if starts is None else starts[-1])
        yield Watch((progress, task), starts)


def _line_counts(files: Sequence[str]) -> list[int] | None:
    """Return how many lines each file has, None where one cannot be read twice or all stand on one line."""
    if not all(Path(file).is_file() for file in files):
        return None
    try:
        counts = [_line_count(file) for file in files]
    except InputError:
        # Reading it will say what is wrong, in its place.
        return None
    return counts if max(counts, default=0) > 1 else None


def _line_count(file: str) -> int:
    count, last = 0, b"\n"
    for chunk in Chunks(file):
        count += chunk.count(b"\n")
        last = chunk[-1:] or last
    return count + (last != b"\n")
