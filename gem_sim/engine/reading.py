"""Trajectories read in parallel: their formats recognised and their messages parsed wherever the engine runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gem_sim.engine.each import each
from gem_sim.engine.run import Engine
from gem_sim.engine.work import Item
from gem_sim.errors import FormatError
from gem_sim.formats import record_of
from gem_sim.trajectory import Trajectory


def read_all(files: Sequence[str], engine: Engine) -> Iterator[Trajectory]:
    """Yield the trajectories of files in order.

    Raises:
        FormatError: At the first record that cannot be read.
        InputError: If a file as a whole is unusable.
    """
    for placed in each(reading, (), files, engine):
        if isinstance(placed.value, FormatError):
            raise placed.value
        yield placed.value


def reading() -> Callable[[Item], Trajectory | FormatError]:
    """Return what reads the trajectory of a row, or why it cannot be read."""

    def read(item: Item) -> Trajectory | FormatError:
        record = record_of(item.file, item.row)
        if item.lost is not None:
            return FormatError(item.lost, file=item.file, line=item.row.line)
        if record.trajectory is None:
            assert record.error is not None
            return record.error
        return record.trajectory

    return read
