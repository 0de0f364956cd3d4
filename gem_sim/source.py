"""Passages of text and the places in them that a rule or constant comes from."""

from __future__ import annotations

import re

from gem_sim.frozen import Frozen


class Passage(Frozen):
    """A piece of source text that may describe a procedure; `name` is a file name or an id."""

    name: str
    text: str


class Source(Frozen):
    """Where a rule or a constant came from: a passage's name and a quote located in it.

    `start` and `end` are character offsets into the passage's text, `line` counts from 1.
    """

    passage: str
    quote: str
    start: int
    end: int
    line: int

    def __str__(self) -> str:
        return f"{self.passage}:{self.line}"


def locate(quote: str, passage: Passage) -> Source | None:
    """Return where `quote` occurs in the passage, or None where it does not.

    White space matches any white space, since quotes of wrapped text rarely keep its line breaks; all else
    must be verbatim. Of several occurrences the first counts.
    """
    words = quote.split()
    if not words:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), passage.text)
    if found is None:
        return None
    line = passage.text.count("\n", 0, found.start()) + 1
    return Source(passage=passage.name, quote=quote, start=found.start(), end=found.end(), line=line)
