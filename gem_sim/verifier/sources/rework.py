"""Values that are a known text in another form, a part of one, or several joined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from gem_sim.verifier.sources.figures import Figures
from gem_sim.verifier.sources.forms import bounded, pieces, squeeze, words
from gem_sim.verifier.sources.seen import Group, Seen, Text

_GROUPS: tuple[Group, ...] = ("said", "returned", "prompt")
_EXTENSION = re.compile(
    r"\.(?:txt|md|csv|json|xml|ya?ml|pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|svg|py|js|html?|log|zip)$", re.I
)
_INFLECTION = re.compile(r"(?:e?s|e?d|ing|ies|y|er|ly)$")
_ENDINGS = ("", "s", "es", "d", "ed", "ing", "e", "y", "ies", "er")
# What a number in groups is made of.
_GROUPED = re.compile(r"[\d\s.()+-]*")
# A stem of fewer letters is in too many words.
_STEM = 4
# From this many letters on a text without its spaces and punctuation is still telling.
_TELLING = 5
# What may stand between an identifier and the text around it; within identifiers other signs stand too.
_AROUND_RECORDS = "/:=#@ ,;()[]{}<>\"'&?|\n"


class Found(NamedTuple):
    """The text that a value was made from, and how."""

    text: Text
    how: str


def find_words(seen: Seen, groups: Sequence[Group], text: str) -> Text | None:
    """Return the text where the words of another stand in this order, whatever their case and punctuation."""
    needle = words(text)
    if not needle.strip():
        return None
    for group in groups:
        found = seen.find(group, "words", needle)
        if found is not None:
            return found
    return None


def same_words(seen: Seen, text: str) -> Found | None:
    """Return the text of the user or a result that has the same words in other case or punctuation."""
    found = find_words(seen, ("said", "returned"), text)
    return None if found is None else Found(found, "the same words in other case or punctuation")


def other_form(seen: Seen, text: str) -> Found | None:
    """Return the text that differs in spacing and punctuation or, for a single word, in its ending only."""
    stem = _EXTENSION.sub("", text)
    if len(squeeze(stem)) >= _TELLING:
        for group in _GROUPS:
            found = seen.find_loose(group, stem)
            if found is not None:
                return Found(found, "the same letters in other spacing or punctuation")
    return _inflected(seen, text) or _spelled_out(seen, text)


def _inflected(seen: Seen, text: str) -> Found | None:
    needle = words(text).strip()
    if not needle.isalpha():
        return None
    for stem in dict.fromkeys((needle, _INFLECTION.sub("", needle))):
        for ending in _ENDINGS if len(stem) >= _STEM else ():
            for group in _GROUPS:
                found = seen.find(group, "words", f" {stem}{ending} ")
                if found is not None:
                    return Found(found, f"another form of {stem + ending!r}")
    return None


def _spelled_out(seen: Seen, text: str) -> Found | None:
    """Return the text that has the initials of a name of several words: LA for Los Angeles."""
    parts = text.split()
    initials = "".join(part[0] for part in parts if part[0].isupper())
    if not 2 <= len(initials) <= 5 or len(initials) != len(parts):
        return None
    held = next((found for group in _GROUPS if (found := seen.find(group, "exact", initials)) is not None), None)
    return None if held is None else Found(held, f"{initials!r} spelled out")


def part(seen: Seen, text: str, *, of_record: bool) -> Found | None:
    """Return the text of which a value is a part between two signs, or the last four digits.

    With `of_record` the part has to be set off by signs that do not occur within identifiers.
    """
    if len(text) < 3:
        return None
    for group in _GROUPS:
        for found in seen.holding(group, text):
            held = found.text
            at = held.find(text)
            while at >= 0:
                if _is_part(held, at, at + len(text), of_record=of_record):
                    return Found(found, f"a part of {_around(held, at, len(text))!r}")
                at = held.find(text, at + 1)
    return None


def _is_part(held: str, start: int, end: int, *, of_record: bool) -> bool:
    before, after = held[start - 1 : start], held[end : end + 1]
    if of_record:
        return all(not sign or sign in _AROUND_RECORDS for sign in (before, after))
    if not before.isalnum() and not after.isalnum():
        return True
    run = re.search(r"\d*$", held[:end])
    return end - start == 4 and not after.isalnum() and run is not None and len(run[0]) >= 8


def _around(held: str, at: int, length: int) -> str:
    start = max(held.rfind(" ", 0, at), held.rfind("\n", 0, at)) + 1
    ends = [end for end in (held.find(" ", at + length), held.find("\n", at + length)) if end >= 0]
    return held[start : min([*ends, len(held), start + 60])]


def joined(seen: Seen, figures: Figures, text: str) -> Found | None:
    """Return the text with the first piece of a value whose pieces were all seen, each as a whole word or number."""
    stem = _EXTENSION.sub("", text)
    parts = pieces(stem) if stem == text else [piece for whole in pieces(stem) for piece in re.split(r"[_.]+", whole)]
    if len(parts) == 1 and stem == text:
        # A prefix and a number, as in "P followed by 12345678".
        parts = re.findall(r"[A-Za-z]+|\d{3,}", text) if re.fullmatch(r"[A-Za-z]+\d{3,}", text) else parts
    if not 2 <= len(parts) <= 8 and not (parts and stem != text):
        return None
    first: Text | None = None
    for piece in parts:
        found = _piece(seen, figures, piece)
        if found is None:
            return None
        first = first or found
    return None if first is None else Found(first, f"joined from {', '.join(parts)}")


def corrected(seen: Seen, text: str) -> Found | None:
    """Return the user's words from which a number in groups is put together: `it ends in 480, not 481`."""
    if not _GROUPED.fullmatch(text):
        return None
    parts = [part for part in re.split(r"[\s.()-]+", text) if part]
    if len(parts) < 2 or not all(part.lstrip("+").isdecimal() and bounded(seen.said, part) >= 0 for part in parts):
        return None
    found = seen.find("said", "exact", parts[-1])
    return None if found is None else Found(found, f"put together from {', '.join(parts)}, all said by the user")


def _piece(seen: Seen, figures: Figures, piece: str) -> Text | None:
    for group in _GROUPS:
        found = seen.find(group, "exact", piece)
        if found is not None:
            return found
    if piece.isdecimal():
        figure = figures.find(float(piece))
        return None if figure is None else figure.text
    return find_words(seen, _GROUPS, piece) if piece.isalpha() else None
