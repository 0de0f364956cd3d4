"""Which values a text mentions, to the letter: the plain reading that rewriting a trajectory needs.

It asks only whether a value stands in a text; whether a text is *justified* by what was seen is for the checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.simulator.schema import json_path

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w-]|[.,]\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SENTENCE = re.compile(r"[^\n]*?(?:[.!?]+(?=\s|$)|\n|$)")


class Leaf(NamedTuple):
    """A value that holds no other: the keys and indexes that lead to it, and the value."""

    path: tuple[str | int, ...]
    value: Json

    @property
    def place(self) -> str:
        """The path as `$.items[0].name`."""
        return json_path(self.path)


class Sentence(NamedTuple):
    """A sentence of a text, without the space around it, and where it starts."""

    start: int
    text: str


def leaves(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[Leaf]:
    """Yield every leaf of a JSON value in its order; empty objects and lists are leaves."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield Leaf(path, value)


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a text: up to a full stop, question or exclamation mark, or the end of a line."""
    for match in _SENTENCE.finditer(text):
        stripped = match[0].strip()
        if stripped:
            yield Sentence(match.start() + match[0].index(stripped), stripped)


def stands_in(value: Json, text: str) -> bool:
    """Tell whether a text mentions a value.

    Numbers count by value, however they are written, up to twelve also as words; dates in ISO form count in words too
    (`31 March`); texts count as whole words, whatever the case. Flags, null, and empty values are never mentioned.
    """
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return float(value) in numbers_in(text)
    if not isinstance(value, str) or not value.strip():
        return False
    if _DATE.match(value) and re.search(_date_pattern(value[:10]), text, re.IGNORECASE):
        return True
    return bounded(value.casefold(), text.casefold()) >= 0


@lru_cache(maxsize=4096)
def numbers_in(text: str) -> frozenset[float]:
    """Return the numbers in a text by value, in digits or, up to twelve, in words."""
    found = {float(match[0].replace(",", "")) for match in _NUMBER.finditer(text)}
    words = set(re.findall(r"[a-z]+", text.casefold()))
    return frozenset(found | {float(number) for number, word in enumerate(_WORDS) if word in words})


def bounded(part: str, text: str, start: int = 0) -> int:
    """Return where `part` stands in `text` as a whole word or words, -1 where it does not."""
    while (found := text.find(part, start)) >= 0:
        end = found + len(part)
        free_left = found == 0 or not (text[found - 1].isalnum() and part[0].isalnum())
        free_right = end == len(text) or not (text[end].isalnum() and part[-1].isalnum())
        if free_left and free_right:
            return found
        start = found + 1
    return -1


@lru_cache(maxsize=4096)
def _date_pattern(date: str) -> str:
    """Return a pattern for the spellings of an ISO date; a month that there is not is matched by nothing."""
    year, month, day = (int(part) for part in date.split("-"))
    if not 1 <= month <= len(MONTHS):
        return r"(?!)"
    name = MONTHS[month - 1]
    word = rf"{name[:3]}(?:{name[3:]})?\.?"
    number = rf"0?{day}(?:st|nd|rd|th)?"
    written = rf"\b{number}\s(?:of\s)?{word}\b|\b{word}\s{number}\b"
    return rf"{written}|\b0?{day}[./]0?{month}[./]{year}\b|\b0?{month}/0?{day}/{year}\b"
