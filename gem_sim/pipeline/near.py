"""Near-duplicates: texts most of whose runs of five words another text has as well (bottom-k sketches)."""

from __future__ import annotations

import re
from collections import Counter
from zlib import crc32

_KEPT = 64
_RUN = 5
_ALIKE = 0.7
# A run of words that stands in very many texts (a licence, a footer) says nothing about two of them.
_COMMON = 200
_WORD = re.compile(rb"[a-z0-9]+")


class Seen:
    """The texts kept so far; grows by what is added."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._sketches: list[frozenset[int]] = []
        self._having: dict[int, list[int]] = {}

    def twin(self, name: str, sketch: frozenset[int]) -> str | None:
        """Return the name of an earlier text that is nearly the same, None where there is none; then note this one.

        `sketch` is the text's `sketch_of`.
        """
        shared = Counter(index for value in sketch for index in self._having.get(value, ()))
        for index, _ in shared.most_common(5):
            if resemblance(sketch, self._sketches[index]) >= _ALIKE:
                return self._names[index]
        place = len(self._names)
        self._names.append(name)
        self._sketches.append(sketch)
        for value in sketch:
            having = self._having.setdefault(value, [])
            if len(having) < _COMMON:
                having.append(place)
        return None


def sketch_of(text: str) -> frozenset[int]:
    """Return the smallest hashes of a text's runs of five words (Broder, 1997)."""
    words = _WORD.findall(text.encode("utf-8", "replace").lower())
    runs = {crc32(b" ".join(words[i : i + _RUN])) for i in range(max(1, len(words) - _RUN + 1))}
    return frozenset(sorted(runs)[:_KEPT])


def resemblance(left: frozenset[int], right: frozenset[int]) -> float:
    """Return about which share of the runs of two texts both have."""
    union = sorted(left | right)[:_KEPT]
    return sum(value in left and value in right for value in union) / len(union)
