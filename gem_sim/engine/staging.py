"""The stages of the pipeline after the filter, item by item, wherever the engine runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from gem_sim.engine.each import each
from gem_sim.engine.run import Engine
from gem_sim.engine.work import Item
from gem_sim.formats import JsonObject, write_rows
from gem_sim.pipeline.ledger import Attempt, Outcome
from gem_sim.pipeline.synthesize import Elsewhere, Noted, Stages, noted
from gem_sim.pipeline.teaching import Teacher

_ROWS = 8


def staged(workspace: Path, teacher: Teacher, stages: Stages, engine: Engine) -> Elsewhere:
    """Return what takes items through the stages in an engine.

    Args:
        workspace: Where environments go; all machines must see it under its name.
        teacher: It is pickled to the workers, so it must not need the ledger.
        stages: Which stages are the run's.
        engine: Where the items are worked on.
    """
    arguments = (workspace.absolute(), teacher, stages)

    def elsewhere(rows: Iterable[JsonObject]) -> Iterator[Noted]:
        with TemporaryDirectory(prefix="gem-sim-") as folder:
            path = Path(folder) / "items.jsonl"
            if write_rows(path, rows):
                yield from (placed.value for placed in each(staging, arguments, [str(path)], engine, rows=_ROWS))

    return elsewhere


def staging(workspace: Path, teacher: Teacher, stages: Stages) -> Callable[[Item], Noted]:
    """Return what takes an item through the stages."""

    def stage(item: Item) -> Noted:
        row = item.row.value
        if isinstance(row, Exception):
            raise row
        if item.lost is not None:
            # Ours to mend, so the next run tries it again.
            outcome = Outcome("failed", f"lost: {item.lost}")
            return Noted([(str(row["item"]), "extract", "", outcome, (Attempt(outcome="lost", reason=item.lost),))], 1)
        return noted(row, workspace, teacher, stages)

    return stage
