"""Stage 1: which segments of the documents tell how to do something; no model is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gem_sim.formats.rows import JsonObject
from gem_sim.pipeline.documents import Document, text_key
from gem_sim.pipeline.near import Seen, sketch_of
from gem_sim.pipeline.relevance import Model
from gem_sim.pipeline.segments import Segment, segments

LEAST_WORDS = 30


class Judged(NamedTuple):
    """A segment of a document: whether it is kept, how sure that it is a procedure, and why it is dropped.

    `id` is the document's, with `#<number>` where the document was cut; `reason` None means kept.
    """

    id: str
    text: str
    segment: Segment
    score: float
    reason: str | None
    document: Document

    @property
    def keep(self) -> bool:
        """Whether the segment goes on."""
        return self.reason is None

    def row(self) -> JsonObject:
        """Return the input's row with the segment's text, `keep`, `score`, and its place where it was cut."""
        row: JsonObject = {"id": self.id, **self.document.row}
        row |= {"id": self.id, text_key(self.document.row): self.text}
        row |= {"keep": self.keep, "score": round(self.score, 4)}
        if self.reason is not None:
            row["reason"] = self.reason
        if self.segment.end - self.segment.start != len(self.document.text):
            row |= {"document": self.document.id, "start": self.segment.start, "end": self.segment.end}
        return row


class Scored(NamedTuple):
    """A segment by itself: what there is to judge it by. `sketch` is None where it is dropped in any case."""

    id: str
    segment: Segment
    score: float
    reason: str | None
    sketch: frozenset[int] | None


def judge(
    documents: Iterable[Document], model: Model, *, threshold: float = 0.5, whole: bool = False, twins: bool = True
) -> Iterator[Judged]:
    """Yield every segment of the documents in order, judged.

    Args:
        documents: What `read_documents` yields.
        model: What gives the scores.
        threshold: The least score that is kept.
        whole: Whether each document is one segment, whatever its length.
        twins: Whether near-duplicates of what was kept before are dropped.
    """
    scored = ((document, score(document, model, threshold, whole=whole)) for document in documents)
    yield from settle(scored, twins=twins)


def score(document: Document, model: Model, threshold: float, *, whole: bool = False) -> list[Scored]:
    """Return the segments of a document, scored; no other document has a say."""
    cut = [Segment(1, 0, len(document.text))] if whole else list(segments(document.text))
    found = []
    for segment in cut:
        text = document.text[segment.start : segment.end]
        name = document.id if len(cut) == 1 else f"{document.id}#{segment.number}"
        sure = model.score(text)
        reason = _reason(text, sure, threshold)
        found.append(Scored(name, segment, sure, reason, sketch_of(text) if reason is None else None))
    return found


def settle(documents: Iterable[tuple[Document, list[Scored]]], *, twins: bool = True) -> Iterator[Judged]:
    """Yield the segments of scored documents in order, near-duplicates of what was kept before dropped too."""
    seen = Seen()
    for document, scored in documents:
        for one in scored:
            text = document.text[one.segment.start : one.segment.end]
            reason = one.reason
            if one.sketch is not None and twins:
                twin = seen.twin(one.id, one.sketch)
                reason = None if twin is None else f"nearly the same as {twin}"
            yield Judged(one.id, text, one.segment, one.score, reason, document)


def _reason(text: str, sure: float, threshold: float) -> str | None:
    if sure < threshold:
        return "not a procedure"
    return f"fewer than {LEAST_WORDS} words" if len(text.split()) < LEAST_WORDS else None
