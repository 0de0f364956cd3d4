"""`gem-sim filter`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from gem_sim.cli.engines import EngineName, ShardRows, Workers, engine_of, holds_shards

if TYPE_CHECKING:
    from gem_sim.engine import Engine
    from gem_sim.engine.run import Parts
    from gem_sim.pipeline.filter import Judged

OUT_HELP = (
    "JSON lines to write: each segment with `keep` and `score`; or the model. A folder (or a name without an ending) "
    "gets shards, NAME.parquet shards of Parquet."
)


def command(
    files: Annotated[
        list[str], typer.Argument(help="Texts: JSON lines, plain text, HTML, Parquet, or folders of these.")
    ],
    out: Annotated[Path, typer.Option(help=OUT_HELP)],
    whole: Annotated[bool, typer.Option("--whole", help="Take each row or file as one segment.")] = False,
    precision: Annotated[
        float | None, typer.Option(help="Precision wanted; default: none, a score of one half.", min=0, max=1)
    ] = None,
    model: Annotated[Path | None, typer.Option(help="A model written by --train; default: the package's own.")] = None,
    train: Annotated[
        bool,
        typer.Option("--train", help="Fit a model to rows with `label` (and `doc`, `borderline`); write it to OUT."),
    ] = False,
    keep_twins: Annotated[bool, typer.Option("--keep-twins", help="Do not drop near-duplicates.")] = False,
    workers: Workers = 1,
    engine: EngineName = "local",
    shard_rows: ShardRows = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, not a line.")] = False,
) -> int:
    """Keep the texts that tell how to do something, by a local model."""
    from gem_sim.pipeline.relevance import read_model

    if train:
        return _train(files, out, as_json=as_json)
    where = engine_of(engine, workers)
    least = read_model(model).threshold(precision)
    counts: Counter[str] = Counter()
    asked = _Asked(files, where, model, least, whole, not keep_twins)
    if holds_shards(out):
        _write_shards(out, asked, shard_rows, counts)
    else:
        from gem_sim.formats import write_rows

        write_rows(out, (judged.row() for judged in asked.judged(counts)))
    if as_json:
        print(json.dumps({"kept": counts["kept"], "dropped": counts["dropped"], "out": str(out)}))
    else:
        print(f"{counts.total()} segments: {counts['kept']} kept, {counts['dropped']} dropped → {out}")
    return 0


class _Asked(NamedTuple):
    """What is to be filtered, where and how."""

    files: list[str]
    engine: Engine
    model: Path | None
    threshold: float
    whole: bool
    twins: bool

    def judged(self, counts: Counter[str], kept: Parts | None = None) -> Iterator[Judged]:
        """Yield the segments, judged and counted."""
        from gem_sim.engine.filtering import judge_texts

        found = judge_texts(
            self.files,
            self.engine,
            model=self.model,
            threshold=self.threshold,
            whole=self.whole,
            twins=self.twins,
            kept=kept,
        )
        for judged in found:
            counts["kept" if judged.keep else "dropped"] += 1
            yield judged


def _write_shards(out: Path, asked: _Asked, rows: int, counts: Counter[str]) -> None:
    """Write segments as shards; their scores stay in `_scored`, so that another run does only what is missing."""
    from gem_sim.engine.filtering import COLUMNS, columns_of, settings_of
    from gem_sim.engine.run import parts_in
    from gem_sim.formats.shards import write_shards

    settings = settings_of(asked.model, asked.threshold, asked.whole)
    with parts_in(out, settings, "") as _, parts_in(out / "_scored", settings, ".pickle") as scored:
        judged = asked.judged(counts, scored)
        if out.suffix == ".parquet":
            parts = write_shards(out, map(columns_of, judged), rows, COLUMNS)
        else:
            parts = write_shards(out, (one.row() for one in judged), rows)
        for _part in parts:
            pass


def _train(files: list[str], out: Path, *, as_json: bool) -> int:
    from gem_sim.errors import InputError
    from gem_sim.pipeline.documents import Document, label_of, read_documents
    from gem_sim.pipeline.relevance import Labelled, held_out, precision_recall, train, write_model

    def labelled(document: Document) -> Labelled:
        label = label_of(document.row)
        if label is None:
            raise InputError("the row has no label", file=document.file, line=document.line, cure="label every row")
        group = document.row.get("doc")
        borderline = document.row.get("borderline") is True
        return Labelled(document.text, label, group if isinstance(group, str) else document.id, borderline)

    texts = [labelled(document) for document in read_documents(files)]
    if len({text.procedural for text in texts if not text.borderline}) < 2:
        raise InputError("the texts do not have both labels", file=files[0], cure="label some of each kind")
    scored = [pair for fold in held_out(texts) for pair in fold]
    precision, recall, f1 = precision_recall(scored)
    names = ", ".join(Path(file).name for file in files)
    note = f"Fitted by gem-sim filter --train to {len(texts)} labelled texts of {names}."
    write_model(out, train(texts), note)
    numbers = {"texts": len(texts), "precision": precision, "recall": recall, "f1": f1}
    if as_json:
        print(json.dumps({**numbers, "out": str(out)}))
    else:
        print(
            f"{len(texts)} texts; held out in five folds: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}"
        )
        print(f"model → {out}")
    return 0
