"""Near-duplicates: texts most of whose runs of five words another text has as well (MinHash with bands)."""

from __future__ import annotations

import re
from zlib import crc32

_BANDS, _ROWS = 16, 4
_RUN = 5
_PRIME = (1 << 61) - 1
_ALIKE = 0.75
_WORD = re.compile(r"\w+")


class Seen:
    """The texts kept so far; grows by what is added."""

    def __init__(self) -> None:
        self._bands: dict[tuple[int, ...], list[tuple[str, tuple[int, ...]]]] = {}

    def twin(self, name: str, text: str) -> str | None:
        """Return the name of an earlier text that is nearly the same, None where there is none; then note this one."""
        signature = signature_of(text)
        bands = [(band, *signature[band * _ROWS : (band + 1) * _ROWS]) for band in range(_BANDS)]
        for band in bands:
            for other, known in self._bands.get(band, ()):
                alike = sum(a == b for a, b in zip(signature, known, strict=True)) / len(signature)
                if alike >= _ALIKE:
                    return other
        for band in bands:
            self._bands.setdefault(band, []).append((name, signature))
        return None


def signature_of(text: str) -> tuple[int, ...]:
    """Return the MinHash signature of a text's runs of five words."""
    words = _WORD.findall(text.lower())
    runs = {crc32(" ".join(words[i : i + _RUN]).encode()) for i in range(max(1, len(words) - _RUN + 1))}
    return tuple(min((a * run + b) % _PRIME for run in runs) for a, b in _HASHES)


_HASHES = tuple(
    (crc32(f"a{index}".encode()) * 2_654_435_761 % _PRIME | 1, crc32(f"b{index}".encode()) * 40_503 % _PRIME)
    for index in range(_BANDS * _ROWS)
)
