"""Long documents cut into segments where a person would cut them, each with its offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# About a thousand words: what a teacher reads at once, and a trajectory can be about.
MOST_CHARS = 6_000
_LEAST_SHARE = 0.35
# From the best place to the last resort.
_BORDERS = (
    re.compile(r"\n(?=#{1,3} |={2,4} )"),
    re.compile(r"\n(?=#{4,6} )"),
    re.compile(r"\n[ \t]*\n(?![ \t]*(?:[-*•+]|\(?\d{1,2}[.)]|#\.) )"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?]) "),
    re.compile(r" "),
)


class Segment(NamedTuple):
    """A part of a document: `start` and `end` are character offsets, `number` counts from 1."""

    number: int
    start: int
    end: int


def segments(text: str, most: int = MOST_CHARS) -> Iterator[Segment]:
    """Yield the segments of a text in order; together they are the text, and none is longer than `most` characters."""
    start, number = 0, 1
    while start < len(text) or number == 1:
        end = len(text) if len(text) - start <= most else start + _cut(text[start : start + most])
        yield Segment(number, start, end)
        start, number = end, number + 1


def _cut(window: str) -> int:
    """Return where to cut a window of text: at the last border of the best kind beyond a third of it."""
    least = int(len(window) * _LEAST_SHARE)
    for border in _BORDERS:
        places = [match.end() for match in border.finditer(window, least)]
        if places:
            return places[-1]
    return len(window)
