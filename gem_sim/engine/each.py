"""A function over every row of an input, wherever it runs; what it returns comes back in the order of the input."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from gem_sim.canonical import Json
from gem_sim.engine.run import KEPT_ROWS, PASSING_ROWS, Engine, Parts, passing_parts, run
from gem_sim.engine.work import Do, Done, Item

# Makes the function, in each worker once, from arguments that can be pickled.
Make = Callable[..., Callable[[Item], Any]]


class Placed(NamedTuple):
    """What a function returned for a row, and where the row stands."""

    file: str
    line: int
    value: Any


class Each(NamedTuple):
    """The work of calling a function for every row; a part is what it returned, pickled."""

    make: Make
    arguments: tuple[Any, ...]

    def open(self) -> Do:
        """Make the function."""
        function = self.make(*self.arguments)

        def do(items: Iterator[Item], part: Path) -> Json:
            count = 0
            with part.open("wb") as stream:
                for item in items:
                    pickle.dump(Placed(item.file, item.row.line, function(item)), stream)
                    count += 1
            return count

        return do


def each(
    make: Make,
    arguments: tuple[Any, ...],
    files: Sequence[str],
    engine: Engine,
    *,
    rows: int | None = None,
    is_text: Callable[[str], bool] = lambda _file: False,
    kept: Parts | None = None,
) -> Iterator[Placed]:
    """Yield what a function returns for each row of files; what waits stands on the disk, so memory is bounded.

    Args:
        make: Returns the function; called in each worker once, so it must be one of a module.
        arguments: What it is called with.
        files: The input; see `formats.shards`.
        engine: Where the function runs.
        rows: How many rows a shard has; None: few where results pass, many where they are kept.
        is_text: Which files are one text, not rows.
        kept: Where results stay, so that another run finds them; None: nowhere.

    Raises:
        InputError: If a file as a whole is unusable, or there is no such engine.
    """
    size = rows or (PASSING_ROWS if kept is None else KEPT_ROWS)
    with passing_parts() if kept is None else nullcontext(kept) as parts:
        for done in run(Each(make, arguments), files, parts, engine, size, is_text=is_text):
            yield from results_of(done)
            if kept is None:
                Path(done.part).unlink()


def results_of(done: Done) -> Iterator[Placed]:
    """Yield what the function returned for the rows of a shard."""
    with Path(done.part).open("rb") as stream:
        while True:
            try:
                yield pickle.load(stream)
            except EOFError:
                return
