"""Texts packed into a page: small, and unpacked by the browser a piece at a time when somebody looks."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from typing import NamedTuple

# Characters of text in a piece: little enough to unpack at once, enough for what is alike to be said only once.
PIECE = 250_000


class At(NamedTuple):
    """Where a text lies: the id of the piece, and its place in it from 0."""

    piece: str
    place: int


class Packer:
    """Collects texts in pieces, each with an id: the name and a number.

    `pieces` are finished ones as `pack` returns them, by id; `size` is how many characters they have.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.pieces: dict[str, str] = {}
        self.size = 0
        self._texts: list[str] = []
        self._waiting = 0

    def add(self, text: str) -> At:
        """Take a text and return where it will lie."""
        at = At(self._id(), len(self._texts))
        self._texts.append(text)
        self._waiting += len(text)
        if self._waiting >= PIECE:
            self.finish()
        return at

    def finish(self) -> None:
        """Pack what is waiting."""
        if self._texts:
            packed = pack(self._texts)
            self.pieces[self._id()] = packed
            self.size += len(packed)
        self._texts, self._waiting = [], 0

    def _id(self) -> str:
        return f"{self._name}-{len(self.pieces)}"


def pack(values: Sequence[object]) -> str:
    """Return JSON values as an array, packed with gzip, in base64; equal values give equal text."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
