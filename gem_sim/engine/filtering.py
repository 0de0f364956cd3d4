"""The filter over many documents: scored wherever the engine runs, near-duplicates dropped here, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from gem_sim.canonical import Json
from gem_sim.engine.each import each
from gem_sim.engine.run import Engine, Parts
from gem_sim.engine.work import Item
from gem_sim.formats.rows import dump_json
from gem_sim.pipeline.documents import Document, document_of, is_text, text_files
from gem_sim.pipeline.filter import Judged, Scored, score, settle
from gem_sim.pipeline.relevance import name_of, read_model
from gem_sim.pipeline.segments import Segment

# `row` is the input's own row as JSON text: it has no one schema.
COLUMNS: Final = {
    "id": "string",
    "text": "string",
    "keep": "bool",
    "score": "double",
    "reason": "string",
    "document": "string",
    "start": "int64",
    "end": "int64",
    "row": "string",
}

Pair = tuple[Document, list[Scored]]


def judge_texts(
    paths: Sequence[str | Path],
    engine: Engine,
    *,
    model: Path | None = None,
    threshold: float = 0.5,
    whole: bool = False,
    twins: bool = True,
    kept: Parts | None = None,
) -> Iterator[Judged]:
    """Yield every segment of texts in order, judged; see `pipeline.filter.judge`.

    Args:
        paths: Files and folders of texts.
        engine: Where they are scored.
        model: A model's file; None: the package's own.
        threshold, whole, twins: See `pipeline.filter.judge`.
        kept: Where scores stay for another run (with `settings_of`); None: nowhere.

    Raises:
        InputError: If a file cannot be read, or a row has no text.
    """
    files = list(text_files(paths))
    found = each(scoring, (model, threshold, whole), files, engine, is_text=is_text, kept=kept)
    yield from settle((placed.value for placed in found), twins=twins)


def settings_of(model: Path | None, threshold: float, whole: bool) -> Json:
    """Return all that decides scores beside the texts."""
    known = read_model(model)
    name = {"command": "filter", "version": version("gem-sim"), "model": name_of(known)}
    return {**name, "threshold": threshold, "whole": whole}


def columns_of(judged: Judged) -> dict[str, Any]:
    """Return a segment as a row of `COLUMNS`."""
    row = judged.row()
    found = {name: row.get(name) for name in COLUMNS if name not in ("text", "row")}
    return {**found, "text": judged.text, "row": dump_json(judged.document.row)}


def scoring(model: Path | None, threshold: float, whole: bool) -> Callable[[Item], Pair]:
    """Read a model, and return what scores the document of a row."""
    known = read_model(model)

    def scored(item: Item) -> Pair:
        document = document_of(item.file, item.row)
        if item.lost is not None:
            # Nothing is known of it, so nothing can go on.
            return document, [Scored(document.id, Segment(1, 0, len(document.text)), 0.0, f"lost: {item.lost}", None)]
        return document, score(document, known, threshold, whole=whole)

    return scored
