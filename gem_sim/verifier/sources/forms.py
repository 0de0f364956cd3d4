"""Forms of a text: what is the same but for case, punctuation and spacing; whole words; pieces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

Form = Literal["exact", "words", "squeezed"]

# What stands between words, but for the sign between texts that are put into a form together.
_BETWEEN = re.compile(r"(?:[^\w\0]|_)+")
_AROUND_PIECES = re.compile(r"[\s,;:/|#@()\[\]{}<>\"'+=&?-]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
# The same for English letters, which need no folding beyond small letters.
_ENGLISH = bytes(ord(chr(code).lower()) if chr(code).isalnum() or not code else 32 for code in range(128)) + bytes(128)
# Between letters or digits these make one word of two: 5bff-dd80, a@b.com, notes.txt.
_JOINERS = "-_./@"
_NUMBER_JOINERS = ",:"
# An edge of a text and these are never a part of a word; the usual neighbours.
_APART = frozenset(("", *" \n\t\"'()[]{}<>!?;"))
# From here on scripts are written without spaces between words, so a neighbour says nothing.
_UNSPACED = "\u0e00"


def fold(text: str) -> str:
    """Return a text without case and accents."""
    if text.isascii():
        return text.casefold()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def words(text: str) -> str:
    """Return the words of a text, folded, each between two spaces; punctuation is gone."""
    return f" {' '.join(_apart(text).split())} "


def squeeze(text: str) -> str:
    """Return the letters and digits of a text, folded, without anything between them."""
    return "".join(_apart(text).split())


def shaped(texts: Sequence[str], form: Form) -> list[str]:
    """Return texts in a form, all in one go: as they are, as `words` or as `squeeze` returns them."""
    if form == "exact":
        return list(texts)
    whole = "\0".join(texts)
    if whole.count("\0") >= len(texts):
        whole = "\0".join(text.replace("\0", " ") for text in texts)
    # The sign between texts stands as a word of its own, so all are split in one go.
    parts = _apart(whole).replace("\0", " \0 ").split()
    return "".join(parts).split("\0") if form == "squeezed" else f" {' '.join(parts)} ".split("\0")


def _apart(text: str) -> str:
    """Return a text folded, with a space for every sign between words but for the one between texts."""
    return text.encode().translate(_ENGLISH).decode() if text.isascii() else _BETWEEN.sub(" ", fold(text))


def bounded(text: str, needle: str) -> int:
    """Return where `needle` first stands in `text` as a whole, not as a part of a longer word or number; else -1."""
    at = text.find(needle) if needle else -1
    while at >= 0:
        end = at + len(needle)
        before, after = text[at - 1 : at], text[end : end + 1]
        if (before in _APART or not _joined(text, at - 1, -1, needle[0])) and (
            after in _APART or not _joined(text, end, 1, needle[-1])
        ):
            return at
        at = text.find(needle, at + 1)
    return -1


def _joined(text: str, at: int, step: int, edge: str) -> bool:
    """Tell whether the letter at `at`, which is one of the text, carries on the word that ends in `edge`."""
    if not _is_letter(edge):
        return False
    letter = text[at]
    if letter == "_" or _is_letter(letter):
        return True
    beyond = text[at + step] if 0 <= at + step < len(text) else " "
    if letter in _JOINERS:
        return _is_letter(beyond)
    return letter in _NUMBER_JOINERS and beyond.isdigit() and edge.isdigit()


def _is_letter(letter: str) -> bool:
    return letter.isalnum() and letter < _UNSPACED


def pieces(text: str) -> list[str]:
    """Return the pieces of a text between punctuation and spaces, each with at least one letter or digit."""
    return [piece for piece in _AROUND_PIECES.split(text) if any(map(str.isalnum, piece))]
