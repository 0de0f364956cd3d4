"""Trajectories made harder, one by one, wherever the engine runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from gem_sim.engine.each import each
from gem_sim.engine.run import Engine
from gem_sim.engine.verdicts import folder_of
from gem_sim.engine.work import Item
from gem_sim.environment import Environment
from gem_sim.errors import StubError
from gem_sim.formats import JsonObject, Record, format_of, record_of
from gem_sim.refiner import Refined, refine
from gem_sim.simulator import load_environment, replay


class Harder(NamedTuple):
    """What became of a record: the row to write, in the format it came in, and what was tried.

    `fault` is the line to show a person where it is left out, None where it is not; `broken` says whether a stub is.
    """

    row: JsonObject | None
    refined: Refined | None
    fault: str | None = None
    broken: bool = False


def refine_all(files: Sequence[str], environment: Environment, engine: Engine, *, seed: int = 0) -> Iterator[Harder]:
    """Yield what becomes of each record, in the order of the input.

    Raises:
        InputError: If a file as a whole is unusable, or there is no such engine.
    """
    found = each(refining, (folder_of(environment), environment.trusted, seed), files, engine)
    yield from (placed.value for placed in found)


def refining(folder: str, trusted: bool, seed: int) -> Callable[[Item], Harder]:
    """Load an environment, and return what refines a row in it."""
    environment = load_environment(folder, trusted=trusted)

    def refined(item: Item) -> Harder:
        record = record_of(item.file, item.row)
        if item.lost is not None:
            return Harder(None, None, f"{record.file}:{record.line}: {item.lost}; it is left out")
        return refine_record(record, environment, seed)

    return refined


def refine_record(record: Record, environment: Environment, seed: int = 0) -> Harder:
    """Refine one record; one that cannot be read, does not pass or breaks is left out, with a line that says so."""
    if record.trajectory is None or record.row is None:
        return Harder(None, None, str(record.error))
    known = format_of(record.row)
    try:
        done = refine(replay(record.trajectory, environment), seed=seed)
    except ValueError as error:
        return Harder(None, None, f"{error}; verify it first")
    except StubError as error:
        line = f"{error}; mend the body ({record.trajectory.id} is left out)"
        return Harder(None, None, line, broken=True)
    return Harder(record.row if known is None else known.write(done.trajectory), done)
