"""What prose says to be in stock, against the row that says that none is left."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gem_sim.canonical import Json
from gem_sim.verifier.outcomes import DOUBT, Outcome
from gem_sim.verifier.prose import find_words
from gem_sim.verifier.scene import Scene
from gem_sim.verifier.seen import Received

_IN_STOCK = re.compile(
    r"(?:\b(?:is|are)|['’](?:s|re)) (?:still |also |currently |now )*(?P<what>in stock|available)\b", re.IGNORECASE
)
_FIELDS = frozenset(("in_stock", "stock", "available", "on_hand", "stock_count", "units_in_stock", "copies_available"))


def may_be_of_stock(lowered: str) -> bool:
    """Tell whether a text, in lower case, may say that something is in stock at all."""
    return "in stock" in lowered or "available" in lowered


def false_stock(scene: Scene) -> Iterator[Outcome]:
    """Yield what is said to be in stock where the row of that name has none, and no other row of that name has any."""
    for sentence in scene.prose.sentences:
        match = _IN_STOCK.search(sentence.text)
        if match is None or sentence.text.endswith("?") or DOUBT.search(sentence.text):
            continue
        # What stands before a comma may be about something else.
        subject = find_words(re.split("[,;:]", sentence.text[: match.start()])[-1])
        named = [row for row in _rows(scene.seen.results) if _names(subject, row[0])]
        if named and not any(has for _, has, _ in named):
            row, _, result = named[-1]
            message = f"{match.group()!r} is said of what has none left in the answer of {result.tool}"
            evidence: dict[str, Json] = {"seen": row, "seen_in_message": result.message}
            yield Outcome(match.group(), sentence.start + match.start(), message, evidence)


def _rows(results: list[Received]) -> Iterator[tuple[dict[str, Json], bool, Received]]:
    """Yield the objects in answers that say how many there are, and whether there are any."""
    for result in results:
        for row in () if result.refused else _objects(result.value):
            counts = [row[field] for field in _FIELDS if isinstance(row.get(field), (int, bool))]
            if len(counts) == 1:
                yield row, bool(counts[0]), result


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    if isinstance(value, dict):
        yield value
        for below in value.values():
            yield from _objects(below)
    elif isinstance(value, list):
        for below in value:
            yield from _objects(below)


def _names(subject: frozenset[str], row: dict[str, Json]) -> bool:
    """Tell whether words name a row: all of its texts that are no ids."""
    texts = [text for text in row.values() if isinstance(text, str) and not any(map(str.isdigit, text))]
    words = frozenset[str]().union(*map(find_words, texts))
    return len(words) > 1 and words <= subject
