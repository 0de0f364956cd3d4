"""The relevance filter on texts that nobody here wrote: precision, recall, F1 by folds, and speed."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

from gem_sim.errors import InputError
from gem_sim.pipeline.documents import Document
from gem_sim.pipeline.filter import judge
from gem_sim.pipeline.relevance import Labelled, held_out, precision_recall, read_model

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "texts.jsonl"
_ITEM = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|#\.|\.)\s", re.MULTILINE)
_LEAST_MB = 4.0
_OTHER_FOLDS = 5


def measure(repeat: int = 5) -> dict[str, Any]:
    """Return quality and speed of the filter.

    `f1`, `precision` and `recall` are means over five folds in which no document is on both sides, borderline rows left
    out of what is held out; `folds` has each. `other_f1` are the means over five other ways to make the folds. `rule`
    is the rule "three or more items of an ordered list" on the same rows. `mb_per_second` is scoring by one core,
    `judged_mb_per_second` with cutting, near-duplicates and reasons; the median of `repeat` rounds of CPU time.
    """
    texts = read()
    scored = list(held_out(texts))
    folds = [precision_recall(fold) for fold in scored]
    others = []
    for number in range(_OTHER_FOLDS):
        moved = [text._replace(group=f"{number}{text.group}") for text in texts]
        others.append(mean(precision_recall(fold)[2] for fold in held_out(moved)))
    clear = [text for text in texts if not text.borderline]
    rule = precision_recall((float(len(_ITEM.findall(text.text)) >= 3), text.procedural) for text in clear)
    return {
        "f1": mean(f1 for _, _, f1 in folds),
        "precision": mean(precision for precision, _, _ in folds),
        "recall": mean(recall for _, recall, _ in folds),
        "mb_per_second": median(_speed(texts, whole=False) for _ in range(repeat)),
        "judged_mb_per_second": median(_speed(texts, whole=True) for _ in range(repeat)),
        "folds": [{"precision": p, "recall": r, "f1": f} for p, r, f in folds],
        "other_f1": others,
        "rule": dict(zip(("precision", "recall", "f1"), rule, strict=True)),
        "texts": len(texts),
        "held_out": len(clear),
    }


def read() -> list[Labelled]:
    """Return the labelled texts.

    Raises:
        InputError: If they are not there.
    """
    if not DATA.is_file():
        raise InputError("the labelled texts are not there", file=str(DATA), cure="put texts.jsonl there")
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    return [Labelled(row["text"], row["label"] == "procedural", row["doc"], row["borderline"]) for row in rows]


def _speed(texts: list[Labelled], *, whole: bool) -> float:
    """Return megabytes of UTF-8 text per second of CPU time."""
    model = read_model()
    size = sum(len(text.text.encode()) for text in texts) / 1e6
    rounds = max(1, round(_LEAST_MB / size))
    begun = time.process_time()
    for number in range(rounds):
        if whole:
            documents = (Document(f"{number}-{i}", text.text, {}, "texts", i) for i, text in enumerate(texts))
            for _ in judge(documents, model):
                pass
        else:
            for text in texts:
                model.score(text.text)
    return rounds * size / (time.process_time() - begun)


def table(measured: dict[str, Any]) -> str:
    """Return the numbers as text."""
    lines = [f"{measured['texts']} texts, {measured['held_out']} of them without the borderline ones held out in turn"]
    lines.append(f"{'':<28}{'precision':>10}{'recall':>8}{'F1':>8}")
    for number, fold in enumerate(measured["folds"], start=1):
        lines.append(f"{f'  fold {number}':<28}{fold['precision']:>10.3f}{fold['recall']:>8.3f}{fold['f1']:>8.3f}")
    mean_of = (measured["precision"], measured["recall"], measured["f1"])
    rule = measured["rule"]
    for name, (p, r, f) in (("mean of five folds", mean_of), ("three or more list items", rule.values())):
        lines.append(f"{name:<28}{p:>10.3f}{r:>8.3f}{f:>8.3f}")
    others = ", ".join(f"{f1:.3f}" for f1 in measured["other_f1"])
    lines.append(f"F1 with the folds made in five other ways: {others}")
    lines.append(
        f"scoring {measured['mb_per_second']:.1f} MB/s, with everything {measured['judged_mb_per_second']:.1f} MB/s"
    )
    return "\n".join(lines)
