"""Figures of a sentence that limit or measure a step: constants with their units and quotes."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from gem_sim.pipeline.offline.verbs import words_in

_COUNTED = words_in("zero one two three four five six seven eight nine ten eleven twelve")
_WORDS = {word: number for number, word in enumerate(_COUNTED)} | {
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "sixty": 60,
}
_UNITS = (
    "business days|working days|calendar days|days|day|hours|hour|minutes|minute|mins|min|seconds|second|weeks|week|"
    "months|month|years|year|percent|%|degrees|cups|cup|tablespoons|tablespoon|teaspoons|teaspoon|ml|pages|words|"
    "characters|digits|people|guests|items|copies|rows|files|times|attempts|employees|users|hours|ul|µl|km|miles|mb|gb"
)
_FIGURE = re.compile(
    rf"(?P<money>\$)?(?P<number>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|\b(?:{'|'.join(_WORDS)})\b)"
    rf"(?:\s*-?\s*(?P<unit>{_UNITS})\b|(?P<percent>%))?",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"(?:at most|no more than|not more than|up to|maximum of|max of|not exceed|within|limit of)\s*$", re.I
)
_LEAST = re.compile(r"(?:at least|no less than|not less than|minimum of|min of|no fewer than)\s*$", re.I)
_RANGE = re.compile(r"[-–—/.]\s*$|\b(?:(?<!up )to|or)\s+$", re.I)


class Figure(NamedTuple):
    """A number with its unit; `bound` says whether it is the most, the least, or just that much."""

    value: int | float
    unit: str
    bound: Literal["most", "least", "exact"]
    start: int


def figures(text: str) -> list[Figure]:
    """Return the figures of a sentence that have a unit, and stand alone (no ranges)."""
    found = []
    for match in _FIGURE.finditer(text):
        unit = "dollars" if match["money"] else (match["unit"] or ("percent" if match["percent"] else ""))
        before, after = text[: match.start()], text[match.end() :]
        if not unit or _RANGE.search(before) or re.match(r"\s*(?:[-–—/]|to\b|or\b)\s*\d", after):
            continue
        number = match["number"].lower().replace(",", "")
        value: int | float = _WORDS[number] if number in _WORDS else float(number)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        bound: Literal["most", "least", "exact"] = "exact"
        if _MOST.search(before):
            bound = "most"
        elif _LEAST.search(before):
            bound = "least"
        found.append(Figure(value, unit.lower(), bound, match.start()))
    return found


def unit_noun(unit: str) -> str:
    """Return a unit as the plural noun it is counted in."""
    named = {"%": "percent", "min": "minutes", "mins": "minutes", "ul": "microlitres", "µl": "microlitres"}
    named |= {"ml": "millilitres", "km": "kilometres", "mb": "megabytes", "gb": "gigabytes"}
    if unit in named:
        return named[unit]
    unit = unit.rsplit(maxsplit=1)[-1]
    return unit if unit.endswith("s") or unit in {"percent", "people"} else f"{unit}s"
