"""Numbers: those a text spells, and what follows from at most two known ones."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.simulator import ReplayedCall
from gem_sim.verifier.letters import folded
from gem_sim.verifier.prose import english_words
from gem_sim.verifier.sources.forms import bounded
from gem_sim.verifier.sources.seen import Group, Seen, Text, leaves

# A number in digits that is no part of an identifier: 70, 1,250.50, $3.5, 50x70 (twice), -4.
_DIGITS = re.compile(
    # The first look ahead decides nothing: it rules out most places at once.
    r"(?=[-−$€£¥\d])(?<![\w.])(?<![A-Za-z_]-)(?P<sign>[-−](?=[$€£¥]?\d))?[$€£¥]?(?P<whole>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?P<part>\.\d+)?(?![A-Za-z_]+\d)"
    r"(?:\s?(?P<scale>k|m|bn|thousand|million|billion|hundred|dozen)\b)?",
    re.IGNORECASE,
)
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9, "hundred": 100, "dozen": 12}
# Numbers beyond these are no amounts: they are compared as they are, and nothing is reckoned with them.
_DIGITS_KNOWN = 15
_LEAST, _MOST = 1e-6, 1e15
# The parts of a date or a time of day are no numbers to reckon with.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:[\d:.]+Z?)?|(?<![\d:])\d{1,2}:\d\d(?::\d\d)?(?![\d:])")
_JOINED_DIGITS = re.compile(r"\d[-:]\d")
# Between two measures, as in 50x70, the letter is no part of a word.
_MEASURED = re.compile(r"\d\s?[x×]", re.IGNORECASE)
_BY = re.compile(r"(?<=\d)\s?[x×](?=\s?\d)", re.IGNORECASE)
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_BIG = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SMALL_WORDS = {
    **{name: value for value, name in enumerate(_UNITS.split())},
    **{name: 10 * value for value, name in enumerate(_TENS.split(), 2)},
    **{name: value for value, name in enumerate(_ORDINALS.split(), 1)},
    "eighteen": 18, "nineteen": 19, "half": 0.5, "quarter": 0.25, "dozen": 12, "couple": 2, "once": 1, "twice": 2,
    "thrice": 3, "double": 2, "triple": 3, "single": 1, "both": 2, "pair": 2,
}  # fmt: skip
_NUMBER_WORDS = frozenset((*_SMALL_WORDS, *_BIG))
_TOKEN = re.compile(r"[a-z]+|[^\sa-z]")

# What one unit is in another; each works both ways.
_FACTORS = {
    "km per mile": 1.609344, "km per mile, roughly": 1.60934, "cm per inch": 2.54, "m per foot": 0.3048,
    "kg per pound": 0.45359237, "g per ounce": 28.349523125, "litres per gallon": 3.785411784,
    "litres per gallon, roughly": 3.78541, "hundredths": 100, "thousandths": 1000,
}  # fmt: skip
_GROUPS: tuple[Group, ...] = ("said", "confirmed", "returned", "prompt")
_DIGIT = re.compile(r"\d")
# A string of a result of more letters is a document: its numbers are not known one by one.
_DOCUMENT = 2000
# A longer string of a result is a document, not a figure.
_LONGEST = 100
# From this item of a list on a number is data, nothing to reckon with.
_FAR_DOWN = 20
_PER_CENT = re.compile(r"(\d+(?:\.\d+)?)\s?(?:%|per\s?cent\b)", re.IGNORECASE)
# More operands than these would explain any number whatever.
MOST_OPERANDS = 40


class Figure(NamedTuple):
    """A known number and the text that has it; `note` is how it is spelled there, None for plain digits."""

    value: float
    text: Text
    note: str | None = None


def numbers_in(text: str) -> Iterator[tuple[float, str]]:
    """Yield each number that a text spells, in digits or in English words, with its words."""
    if not text.isdigit():
        text = _MOMENT.sub(" ", text) if _JOINED_DIGITS.search(text) else text
        text = _BY.sub(" × ", text) if _MEASURED.search(text) else text
    for match in _DIGITS.finditer(text) if _DIGIT.search(text) else ():
        if len(match["whole"]) > _DIGITS_KNOWN:
            continue
        value = float(match["whole"].replace(",", "") + (match["part"] or ""))
        scale = match["scale"]
        if scale:
            yield value * _SCALES[folded(scale)], match[0].strip()
        yield -value if match["sign"] else value, match[0].strip()
        if match["sign"]:
            yield value, match[0].strip()
    if text[:1].isdigit():
        return
    if not _NUMBER_WORDS.isdisjoint(english_words(text)):
        yield from _spelled(_TOKEN.findall(text.casefold()))


def stands_in_digits(value: float, text: str) -> bool:
    """Tell, quickly, whether a text has a number in plain digits, as `numbers_in` reads them; it may find others."""
    digits = f"{value:.{_DIGITS_KNOWN}g}"
    if not digits.replace(".", "").isdecimal() or float(digits) != value:
        return False
    at = bounded(text, digits)
    return at == 0 or (at > 0 and text[at - 1] not in ".-" and not text[at - 1].isalnum())


def _spelled(tokens: list[str]) -> Iterator[tuple[float, str]]:
    """Yield the numbers in words: the longest run of number words is one number."""
    run: list[str] = []
    for token in [*tokens, ""]:
        if token in _SMALL_WORDS or token in _BIG or (run and token in ("and", "a")) or (run and token == "-"):
            run.append(token)
            continue
        if run:
            yield from _valued(run)
        run = []


def _valued(run: list[str]) -> Iterator[tuple[float, str]]:
    total = current = 0.0
    known = [token for token in run if token in _SMALL_WORDS or token in _BIG]
    for token in known:
        if token in _BIG:
            current = (current or 1) * _BIG[token]
            if _BIG[token] >= 1000:
                total, current = total + current, 0
        else:
            current += _SMALL_WORDS[token]
    spelled = " ".join(run)
    yield total + current, spelled
    if len(known) > 1:
        yield from ((float(_SMALL_WORDS.get(token, _BIG.get(token, 0))), token) for token in known)


@lru_cache(maxsize=1024)
def _numbers_told(text: str) -> tuple[tuple[float, str], ...]:
    """Return the numbers of a prompt; the same prompt opens many conversations."""
    return tuple(numbers_in(text))


class Figures:
    """The numbers seen so far; read from the texts when first asked for, each text once."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._used: dict[Group, int] = dict.fromkeys(_GROUPS, 0)
        self._known: dict[Group, dict[float, Figure]] = {group: {} for group in _GROUPS}
        self._sorted: list[float] = []
        self._counted = (0, 0)

    def find(self, value: float, groups: Iterable[Group] = _GROUPS) -> Figure | None:
        """Return a number that some text of the groups spells, the first group first; None where none does."""
        for group in groups:
            figure = self._read(group).get(value)
            if figure is not None:
                return figure
        return None

    def _read(self, group: Group) -> dict[float, Figure]:
        known, texts = self._known[group], self._seen.texts_of(group)
        for number, text in enumerate(texts[self._used[group] :], self._used[group]):
            if group == "returned" and (len(text) > _DOCUMENT or not _DIGIT.search(text)):
                continue
            for value, spelled in _numbers_told(text) if group == "prompt" else numbers_in(text):
                if value not in known:
                    note = None if spelled == f"{value:.12g}" else spelled
                    known[value] = Figure(value, self._seen.text(group, number), note)
        self._used[group] = len(texts)
        return known

    def all(self) -> list[float]:
        """Return every number seen, in ascending order."""
        known = [self._read(group) for group in _GROUPS]
        counted = (len(self._seen.values), sum(map(len, known)))
        if counted != self._counted:
            values = self._seen.values
            numbers = (value for value in values if not isinstance(value, str) and abs(value) <= _MOST)
            self._sorted, self._counted = sorted({*numbers, *(value for some in known for value in some)}), counted
        return self._sorted

    def told(self) -> list[float]:
        """Return the numbers of the user, of proposals confirmed and of the prompt, the latest first."""
        told = (self._read("said"), self._read("confirmed"), self._read("prompt"))
        return [value for known in told for value in reversed(known)][:MOST_OPERANDS]

    def said(self) -> list[float]:
        """Return the numbers that the user said, the latest first."""
        return list(reversed(self._read("said")))[:MOST_OPERANDS]

    def shares(self) -> list[float]:
        """Return the numbers that were told as so many per cent."""
        told = (text for group in ("said", "confirmed", "prompt") for text in self._seen.texts[group])
        return [float(number) for text in told for number in _PER_CENT.findall(text) if float(number)]

    def recent(self) -> list[float]:
        """Return the numbers of the latest results, the latest first; those far down a list are not among them."""
        found: dict[float, None] = {}
        for call in reversed(self._seen.results):
            pending: list[Json] = [call.recorded]
            while pending:
                item = pending.pop()
                if isinstance(item, dict):
                    pending.extend(item.values())
                elif isinstance(item, list):
                    pending.extend(item[:_FAR_DOWN])
                elif isinstance(item, (str, int, float)) and not isinstance(item, bool):
                    found.update(dict.fromkeys(_figures_in(item)))
            if len(found) >= MOST_OPERANDS:
                break
        return list(found)[:MOST_OPERANDS]


def _figures_in(leaf: str | float) -> list[float]:
    if not isinstance(leaf, str):
        return [leaf] if abs(leaf) <= _MOST else []
    short = len(leaf) <= _LONGEST and _DIGIT.search(leaf)
    return [value for value, _ in numbers_in(leaf)] if short else []


def derivation(target: float, figures: Figures, results: Sequence[ReplayedCall]) -> str | None:
    """Return how a number follows from at most two known ones or from a list in a result, None if it does not.

    Two of many numbers explain anything, so one operand of two must have been told, or both be among the latest
    returned; and a number of one or two digits, which says little, must follow from two that the user said.
    """
    if not _LEAST <= abs(target) <= _MOST:
        return None
    tolerance = _tolerance(target)
    told, recent = figures.told(), figures.recent()
    found = _of_one(target, [*told, *recent], tolerance) or _of_list(
        target, [call.recorded for call in results], tolerance
    )
    if found is not None:
        return found
    if significant(target) < 3:
        said = sorted(value for value in figures.said() if value not in (0, 1))
        return _of_two(target, said, said, tolerance, small=said)
    shares = figures.shares()
    return (
        _of_two(target, told, figures.all(), tolerance, shares=shares, small=figures.said())
        or _of_two(target, recent, sorted(recent), tolerance, shares=shares)
        or _of_powers(target, [*told, *recent], tolerance)
        or _at_rate(target, [*told, *recent], results, tolerance)
    )


def _tolerance(target: float) -> float:
    """Return how far a reckoned value may be off: half of the last decimal written, next to nothing for an integer."""
    text = repr(float(target))
    decimals = len(text.split(".")[1]) if "." in text and "e" not in text else 0
    return 0.5 * 10.0**-decimals + 1e-9 if decimals and not float(target).is_integer() else 1e-9 * max(1.0, abs(target))


def _of_one(target: float, operands: Sequence[float], tolerance: float) -> str | None:
    for value in operands:
        if abs(value - target) <= tolerance or target in (round(value), math.floor(value), math.ceil(value)):
            return f"{_show(value)} rounded"
        for name, factor in _FACTORS.items():
            if abs(value * factor - target) <= tolerance:
                return f"{_show(value)} × {_show(factor)} ({name})"
            if abs(value / factor - target) <= tolerance:
                return f"{_show(value)} ÷ {_show(factor)} ({name})"
    return None


def _of_two(
    target: float,
    operands: Sequence[float],
    known: Sequence[float],
    tolerance: float,
    *,
    shares: Sequence[float] = (),
    small: Sequence[float] = (),
) -> str | None:
    """Return how a number is the sum, difference, product, quotient or share of an operand and a known one.

    What is added or taken off is at least a tenth of the sum, or one of `small`: the like of 1 and 7 is in any text.
    """
    for a in operands:
        tries = [
            ("{b} + {a}", target - a, tolerance),
            ("{b} - {a}", target + a, tolerance),
            ("{a} - {b}", a - target, tolerance),
        ]
        if abs(a) >= _LEAST and a != 1:
            tries += [("{a} × {b}", target / a, tolerance / abs(a)), ("{b} ÷ {a}", target * a, tolerance * abs(a))]
            if target:
                tries.append(("{a} ÷ {b}", a / target, tolerance * abs(a) / target**2))
        if a in shares:
            tries.append(("{a} per cent of {b}", 100 * target / a, 100 * tolerance / a))
            for sign, word in ((1, "more"), (-1, "less")):
                share = 1 + sign * a / 100
                if share:
                    tries.append((f"{{a}} per cent {word} than {{b}}", target / share, tolerance / abs(share)))
        for how, wanted, within in tries:
            b = _close_to(wanted, known, within)
            if b is None or (b in (0, 1) and ("×" in how or "÷" in how)):
                continue
            less = min(abs(a), abs(b))
            if (" + " in how or " - " in how) and less < abs(target) / 10 and less not in small:
                continue
            return how.format(a=_show(a), b=_show(b))
    return None


def _of_powers(target: float, operands: Sequence[float], tolerance: float) -> str | None:
    """Return how a number is a root, a power or a logarithm of known ones."""
    for a in operands:
        if a > 0 and abs(math.sqrt(a) - target) <= tolerance:
            return f"the square root of {_show(a)}"
        for b in operands:
            if a > 0 and b > 1 and abs(math.log(a) / math.log(b) - target) <= tolerance:
                return f"the logarithm of {_show(a)} to the base {_show(b)}"
            if 1 < b <= 10 and float(b).is_integer() and 0 < a < 1e6 and abs(a**b - target) <= tolerance:
                return f"{_show(a)} to the power of {_show(b)}"
    return None


def _close_to(wanted: float, known: Sequence[float], within: float) -> float | None:
    """Return a value of an ascending sequence that is as near as that, None where there is none."""
    at = bisect_left(known, wanted - within)
    return known[at] if at < len(known) and known[at] <= wanted + within else None


def _at_rate(target: float, operands: Sequence[float], calls: Sequence[ReplayedCall], tolerance: float) -> str | None:
    """Return how a number follows at the rate that one earlier call shows, such as an exchange of currencies."""
    for call in calls:
        given: list[float] = [
            v for v in call.placed.call.arguments.values() if isinstance(v, (int, float)) and not isinstance(v, bool)
        ]
        if len(given) != 1:
            continue
        found = [leaf for _, leaf in leaves(call.recorded) if not isinstance(leaf, str)]
        if len(given) == len(found) == 1 and all(_LEAST <= abs(value) <= _MOST for value in (*given, *found)):
            for value in operands:
                for rate in (found[0] / given[0], given[0] / found[0]):
                    if abs(value * rate - target) <= tolerance:
                        return f"{_show(value)} at the rate of call {call.placed.number}"
    return None


def _of_list(target: float, results: Sequence[Json], tolerance: float) -> str | None:
    """Return how a number is the length, an index, the sum or the mean of a list in a result."""
    for result in results:
        for items, path in _lists(result, "$"):
            if target == len(items) or (float(target).is_integer() and 0 <= target < len(items)):
                return f"the length of the list {path}" if target == len(items) else f"a position in the list {path}"
            for name, column in _columns(items):
                total = sum(column)
                if abs(total - target) <= tolerance:
                    return f"the sum of {path}[]{name}"
                if abs(total / len(column) - target) <= tolerance:
                    return f"the mean of {path}[]{name}"
    return None


def _lists(value: Json, path: str) -> Iterator[tuple[list[Json], str]]:
    pending = [(value, path)]
    while pending:
        item, here = pending.pop()
        if isinstance(item, list):
            yield item, here
            pending.extend((child, f"{here}[{index}]") for index, child in enumerate(item))
        elif isinstance(item, dict):
            pending.extend((child, f"{here}.{key}") for key, child in item.items())


def _columns(items: list[Json]) -> Iterator[tuple[str, list[float]]]:
    """Yield the numbers of a list of numbers, and of each field of a list of objects; two numbers at least."""
    rows: dict[str, list[float]] = {}
    for item in items:
        fields = [(f".{key}", child) for key, child in item.items()] if isinstance(item, dict) else [("", item)]
        for name, child in fields:
            if isinstance(child, (int, float)) and not isinstance(child, bool) and abs(child) <= _MOST:
                rows.setdefault(name, []).append(child)
    yield from ((name, column) for name, column in rows.items() if len(column) > 1)


def nearest(target: float, figures: Figures) -> list[float]:
    """Return up to three known numbers, the closest first."""
    return sorted(figures.all(), key=lambda value: abs(value - target))[:3]


def significant(value: float) -> int:
    """Return how many digits of a number carry information: 2203.4 has 5, 500 has 1."""
    if abs(value) >= _MOST:
        return _DIGITS_KNOWN
    digits = re.sub(r"e.*|\D", "", f"{value:.12g}").strip("0")
    return len(digits)


def _show(value: float) -> str:
    return f"{value:.10g}"
