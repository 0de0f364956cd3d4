"""Stage 1: which segments of the documents tell how to do something; no model is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gem_sim.formats.rows import JsonObject
from gem_sim.pipeline.documents import Document, text_key
from gem_sim.pipeline.near import Seen
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
    seen = Seen()
    for document in documents:
        cut = [Segment(1, 0, len(document.text))] if whole else list(segments(document.text))
        for segment in cut:
            text = document.text[segment.start : segment.end]
            name = document.id if len(cut) == 1 else f"{document.id}#{segment.number}"
            score = model.score(text)
            yield Judged(name, text, segment, score, _reason(name, text, score, threshold, seen, twins), document)


def _reason(name: str, text: str, score: float, threshold: float, seen: Seen, twins: bool) -> str | None:
    if score < threshold:
        return "not a procedure"
    if len(text.split()) < LEAST_WORDS:
        return f"fewer than {LEAST_WORDS} words"
    twin = seen.twin(name, text) if twins else None
    return None if twin is None else f"nearly the same as {twin}"
