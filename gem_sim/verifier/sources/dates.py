"""Dates and times of day: those a text names, and what follows from them and the clock.

English words only; numbers in digits are read in any language.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Set
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from gem_sim.verifier.letters import plain_letters
from gem_sim.verifier.prose import english_words


def _led(patterns: Iterable[str]) -> str:
    r"""Return a pattern of any of these at the beginning of a word, whatever its case.

    Each has to begin with a small letter or `\d`. What begins with one set of letters is searched for fast, so what
    stands before the letter is looked at behind it.
    """
    rests: dict[str, list[str]] = {}
    for pattern in patterns:
        first = pattern[:2] if pattern[0] == "\\" else pattern[0]
        rests.setdefault(first, []).append(pattern[len(first) :])
    letters = "".join(first if len(first) > 1 else first + first.upper() for first in rests)
    ways = "|".join(f"(?<={letter})(?:{'|'.join(rest)})" for letter, rest in rests.items())
    return rf"[{letters}](?<!\w\w)(?i:{ways})"


_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
_SHORT_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_DAYS = {name.casefold(): number for number, name in enumerate(calendar.day_name)}
# Names of months and weekdays, without case.
NAMES = frozenset((*_MONTHS, *_DAYS))
_MONTH = "|".join([*_MONTHS, *_SHORT_MONTHS])
_LED_MONTH = _led((*_MONTHS, *_SHORT_MONTHS))
# As `_led`: the first digit of a number that begins a word.
_FIRST_DIGIT = r"\d(?<!\w\w)"

_ISO = re.compile(
    r"(?<!\d)(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"
    r"(?:[T ](?P<H>\d{2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.\d+)?)?)?"
)
_SLASHED = re.compile(r"(?<![\d/.])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<y>\d{4}|\d{2}))?(?![\d/])")
_DASHED = re.compile(r"(?<![\d.-])(?P<a>\d{1,2})(?P<sign>[.-])(?P<b>\d{1,2})(?P=sign)(?P<y>\d{4}|\d{2})(?![\d.-]*\d)")
_MONTH_DAY = re.compile(
    rf"(?P<m>{_LED_MONTH})\b\.?,?\s*(?i:(?:the\s+)?(?P<d>\d{{1,2}})?(?:st|nd|rd|th)?)\b(?:,?\s*(?P<y>\d{{4}}))?"
)
_DAY_MONTH = re.compile(
    rf"(?P<d>{_FIRST_DIGIT}\d?)(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m>{_MONTH})\b\.?(?:,?\s*(?P<y>\d{{4}}))?",
    re.IGNORECASE,
)
# `from 20 to 23 July`, `July 20 to 23`: the end that has no month of its own.
_FIRST_OF_DAYS = re.compile(
    rf"(?P<d>{_FIRST_DIGIT}\d?)(?:st|nd|rd|th)?\s*(?:[-–]|to|and|or|until|till)\s*(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?"
    rf"(?P<m>{_MONTH})\b\.?(?:,?\s*(?P<y>\d{{4}}))?",
    re.IGNORECASE,
)
_LAST_OF_DAYS = re.compile(
    rf"(?P<m>{_LED_MONTH})\b\.?\s*(?i:(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\s*(?:[-–]|to|until|till)\s*"
    rf"(?:the\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d|\s*[ap]\.?m))(?:,?\s*(?P<y>\d{{4}}))?"
)
# What stands before a month that is written small, and behind a verb that is written large.
_BEFORE_MONTH = re.compile(
    r"\b(?:in|of|by|during|since|until|till|for|from|to|early|late|mid|next|this|last|before|after)[\s-]+$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\s*(?:I|we|you|he|she|they|it)\b")
_ORDINAL_DAY = re.compile(rf"(?P<d>{_FIRST_DIGIT}\d?)(?:st|nd|rd|th)\b", re.IGNORECASE)
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth",
    "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip
_NTH_MONTH = re.compile(rf"\b(?P<n>{'|'.join(_ORDINALS)})\s+month\b", re.IGNORECASE)
_WEEKDAY = re.compile(
    rf"\b(?P<far>next|last|following|previous)?\s*\b(?P<w>{'|'.join(_DAYS)}|mon|tues?|wed|thurs?|fri|sat|sun)s?\b"
    r"(?P<later>\s+next\s+week)?",
    re.IGNORECASE,
)
_MONTH_OF_YEAR = re.compile(r"(?P<m>0?[1-9]|1[0-2])[/-](?P<y>\d{4}|\d{2})|(?P<Y>\d{4})-(?P<M>0[1-9]|1[0-2])")
_MONTH_YEAR = re.compile(r"(?<![\d/])(?P<m>0?[1-9]|1[0-2])[/-](?P<y>\d{4}|\d{2})(?![\d/-])")

_RELATIVE = {
    "day after tomorrow": 2, "day before yesterday": -2, "tomorrow": 1, "yesterday": -1, "last night": -1,
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "now": 0, "currently": 0,
    "current": 0, "immediately": 0,
}  # fmt: skip
_RELATIVE_WORD = re.compile(rf"{_led(_RELATIVE)}\b")
_COUNTS = {
    "a": 1, "an": 1, "the": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30,
    "forty five": 45, "forty": 40, "sixty": 60, "ninety": 90, "half": 0.5, "half a": 0.5, "half an": 0.5,
    "a couple of": 2, "couple of": 2, "a few": 3, "few": 3,
}  # fmt: skip
_COUNT = _led(
    (
        r"\d\d{0,4}(?:\.\d{1,3})?",
        *(count.replace("forty five", "forty[- ]five") for count in sorted(_COUNTS, reverse=True)),
    )
)
_DURATION = re.compile(
    rf"(?P<n>{_COUNT})[\s-]*(?i:(?P<half>and a half )?"
    r"(?P<unit>minutes?|mins?|hours?|hrs?|h|days?|nights?|weeks?|fortnights?|months?|years?)\b(?P<tail> and a half)?)"
)
_MINUTES = {"m": 1, "h": 60, "d": 1440, "n": 1440, "w": 10080, "f": 20160}
# A hundred years; nobody counts days from further away.
_MOST_MONTHS = 1200
_MOST_MINUTES = 100 * 366 * 1440
_UNITS = {
    "week": "week", "weeks": "week", "weekly": "week", "weekend": "week", "month": "month", "months": "month",
    "monthly": "month", "quarter": "month", "year": "year", "years": "year", "yearly": "year", "annual": "year",
    "annually": "year", "day": "day", "days": "day", "daily": "day",
}  # fmt: skip
_EVERY = re.compile(
    r"\b(?:(?:every|each)\s+(?P<unit>day|week|month|year)|(?P<ly>daily|weekly|monthly|yearly|annually))\b", re.I
)
_EVERY_WORDS = frozenset(("every", "each", "daily", "weekly", "monthly", "yearly", "annually"))
_BESIDE = re.compile(
    _led(
        (
            *(rf"{part}\s+(?:before|after|prior|earlier|later)" for part in ("day", "night", "evening", "morning")),
            *(rf"{which}\s+(?:day|morning|night)" for which in ("next", "following", "previous")),
            "eve",
        )
    )
    + r"\b"
)
_BESIDE_WORDS = frozenset(("before", "after", "prior", "earlier", "later", "next", "following", "previous", "eve"))

_CLOCK_TIME = re.compile(
    # As `_led`: the first digit, and behind it what stands before.
    r"(?P<H>\d(?<![\d:.,/$€£]\d)(?<!\d{4}-\d)(?<!\d-\d\d-\d)(?:(?<=[01])\d|(?<=2)[0-4])?)"
    r"(?:[:.](?P<M>[0-5]\d)(?::(?P<S>[0-5]\d))?)?\s*"
    r"(?P<half>[ap]\.?m\b\.?)?(?![\d:/%]|[.,]\d|\s*(?:cm|km|kg|dollars|usd)\b)",
    re.IGNORECASE,
)
_HOURS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_PAST = {"": 0, "half past": 30, "quarter past": 15, "quarter to": -15}
_AFTER = {"fifteen": 15, "thirty": 30, "forty five": 45}
_SPELLED_TIME = re.compile(
    rf"(?:\b(?P<past>half past|quarter past|quarter to)|\b(?:at|by|around|about|from|to|until|till|and))\s+"
    rf"(?P<h>{'|'.join(_HOURS)}|1[0-2]|\d)\b(?:[\s-](?P<m>fifteen|thirty|forty[- ]five)\b)?",
    re.IGNORECASE,
)
_SPELLED_WORDS = frozenset((*_HOURS, "past", "quarter"))
_NAMED_TIMES = {"noon": 12 * 60, "midday": 12 * 60, "lunch": 12 * 60, "midnight": 0}
_PARTS = {"morning": (5, 12), "afternoon": (12, 18), "evening": (17, 23), "night": (18, 24), "tonight": (17, 24)}
_ABOUT = frozenset(("around", "about", "approximately", "roughly", "near"))

# A pattern is tried only where a text has one of its words: most texts have none of most.
_DIGIT = re.compile(r"\d")
_DATE_DIGITS = re.compile(r"\d[-/.]\d")
_LETTER = re.compile(r"[^\W\d_]")
_MONTH_WORDS = frozenset((*_MONTHS, *_SHORT_MONTHS))
_DAY_WORDS = frozenset(
    (*_DAYS, *(f"{name}s" for name in _DAYS), "mon", "tue", "tues", "wed", "thu", "thurs", "thur", "fri", "sat", "sun")
)
_TIME_WORDS = frozenset((*_NAMED_TIMES, *_PARTS))
_UNIT_WORDS = frozenset(_UNITS)
_RELATIVE_WORDS = frozenset(words.split()[-1] for words in _RELATIVE)
_SPAN_WORDS = frozenset(
    f"{unit}{ending}"
    for unit in ("minute", "min", "hour", "hr", "h", "day", "night", "week", "fortnight", "month", "year")
    for ending in ("", "s")
)


class Moment(NamedTuple):
    """A day, a time of day, or both; `minute` counts from midnight. None: that part is not there."""

    day: date | None
    minute: int | None
    second: int = 0


class Named(NamedTuple):
    """A day, weekday, month or year that a text names; None for each part that it does not.

    `offset` is a number of days from the clock's day instead; `far` says that a weekday is not the nearest one.
    """

    words: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    offset: int | None = None
    far: bool = False

    def fits(self, day: date) -> bool:
        """Tell whether a day has every part that is named; for names by the calendar only."""
        return (
            (self.day is None or self.day == day.day)
            and (self.month is None or self.month == day.month)
            and (self.year is None or self.year == day.year)
            and (self.weekday is None or self.weekday == day.weekday())
        )


class Span(NamedTuple):
    """A length of time that a text names: `months` and `minutes`, one of which is 0."""

    words: str
    minutes: int
    months: int


class Hour(NamedTuple):
    """A time of day that a text names, `end` included; both halves of the day where the text does not say which."""

    words: str
    start: int
    end: int
    either_half: bool


class Reading(NamedTuple):
    """What a text says of time.

    `units` are those of the calendar that it speaks of, `every` those in which something is to happen again; `beside`
    tells whether it speaks of the day before or after.
    """

    named: tuple[Named, ...]
    spans: tuple[Span, ...]
    hours: tuple[Hour, ...]
    units: frozenset[str]
    every: frozenset[str]
    beside: bool


@lru_cache(maxsize=4096)
def moments_of(text: str) -> tuple[Moment, ...]:
    """Return how a text can be read as one date, one time or both, most likely first; empty where it cannot."""
    stripped = text.strip()
    if not any(map(str.isdigit, stripped[:1] + stripped[-4:])) or len(stripped) > 40:
        return ()
    try:
        moment = datetime.fromisoformat(stripped.replace("/", "-") if stripped[:4].isdigit() else stripped)
    except ValueError:
        return tuple(read for read in _other_readings(stripped) if read.day is None or _is_near(read.day))
    if not _is_near(moment.date()):
        return ()
    bare = len(stripped) <= 10
    if stripped[:4].isdigit() and len(stripped) >= 8:
        return (Moment(moment.date(), None if bare else moment.hour * 60 + moment.minute, moment.second),)
    return ()


def _is_near(day: date) -> bool:
    """Tell whether a day is within the years that calendars are kept for, with room to count on and back."""
    return 1000 <= day.year <= 3000


def month_of(text: str) -> tuple[int, int] | None:
    """Return year and month of a text such as 08/2026 or 2026-08; None for any other."""
    match = _MONTH_OF_YEAR.fullmatch(text.strip())
    if match is None:
        return None
    return (_year(match["y"]), int(match["m"])) if match["y"] else (int(match["Y"]), int(match["M"]))


def _other_readings(text: str) -> Iterator[Moment]:
    match = re.fullmatch(_CLOCK_TIME, text)
    if match and (match["M"] or match["half"]):
        yield Moment(None, _minute(match), int(match["S"] or 0))
        return
    match = re.fullmatch(_SLASHED, text) or re.fullmatch(_DASHED, text)
    if match and match["y"]:
        for month, day in ((match["a"], match["b"]), (match["b"], match["a"])):
            reading = _day(_year(match["y"]), int(month), int(day))
            if reading is not None:
                yield Moment(reading, None)
        return
    for pattern in (_MONTH_DAY, _DAY_MONTH):
        match = re.fullmatch(pattern, text)
        if match and match["d"] and match["y"]:
            reading = _day(int(match["y"]), _month(match["m"]), int(match["d"]))
            if reading is not None:
                yield Moment(reading, None)


def _minute(match: re.Match[str]) -> int:
    hour, minute, half = int(match["H"]) % 24, int(match["M"] or 0), (match["half"] or "").casefold()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return hour * 60 + minute


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _month(name: str) -> int:
    folded = name.casefold()
    return _MONTHS.get(folded) or _SHORT_MONTHS[folded]


def read_times(text: str) -> Reading:
    """Return the days, times of day and lengths of time that a text names."""
    text = plain_letters(text)
    digits = _DIGIT.search(text) is not None
    if len(text) < 24 and digits and not _LETTER.search(text):
        named = tuple(_dates_in_digits(text))
        return Reading(named, (), tuple(_hours_in_digits(text, 0)), frozenset(), frozenset(), beside=False)
    said = english_words(text)
    spread = 0 if said.isdisjoint(_ABOUT) else 60
    return Reading(
        (*(_dates_in_digits(text) if digits else ()), *_dates_in_words(text, said, digits=digits)),
        () if said.isdisjoint(_SPAN_WORDS) else tuple(_spans(text)),
        (*(_hours_in_digits(text, spread) if digits else ()), *_hours_in_words(text, said)),
        frozenset([_UNITS[word] for word in _UNIT_WORDS & said]),
        frozenset() if said.isdisjoint(_EVERY_WORDS) else frozenset(_every(text)),
        beside=not said.isdisjoint(_BESIDE_WORDS) and _BESIDE.search(text) is not None,
    )


def _dates_in_digits(text: str) -> Iterator[Named]:
    if not _DATE_DIGITS.search(text):
        return
    for match in _ISO.finditer(text):
        yield Named(match[0], int(match["y"]), int(match["m"]), int(match["d"]))
    for match in (*_SLASHED.finditer(text), *_DASHED.finditer(text)):
        a, b = int(match["a"]), int(match["b"])
        years: list[int | None] = [_year(match["y"]) if match["y"] else None]
        if match["y"] and len(match["y"]) == 2:
            # The century is open: 30.10.88
            years.append(_year(match["y"]) - 100)
        for month, day in ((a, b), (b, a)):
            if 1 <= month <= 12 and 1 <= day <= 31:
                yield from (Named(match[0], year, month, day) for year in years)
    for match in _MONTH_YEAR.finditer(text):
        yield Named(match[0], _year(match["y"]), int(match["m"]))


def _dates_in_words(text: str, said: frozenset[str], *, digits: bool) -> Iterator[Named]:
    if not said.isdisjoint(_MONTH_WORDS):
        for pattern in (_MONTH_DAY, _DAY_MONTH, *((_FIRST_OF_DAYS, _LAST_OF_DAYS) if digits else ())):
            for match in pattern.finditer(text):
                if not match["d"] and _is_verb(match, text):
                    continue
                year = int(match["y"]) if match["y"] else None
                yield Named(match[0], year, _month(match["m"]), int(match["d"]) if match["d"] else None)
    if "month" in said and not said.isdisjoint(_ORDINALS):
        for match in _NTH_MONTH.finditer(text):
            yield Named(match[0], month=_ORDINALS.index(match["n"].casefold()) + 1)
    if digits and not said.isdisjoint(("st", "nd", "rd", "th")):
        for match in _ORDINAL_DAY.finditer(text):
            yield Named(match[0], day=int(match["d"]))
    if not said.isdisjoint(_DAY_WORDS):
        for match in _WEEKDAY.finditer(text):
            weekday = next(number for name, number in _DAYS.items() if name.startswith(match["w"].casefold()[:3]))
            yield Named(match[0].strip(), weekday=weekday, far=bool(match["far"] or match["later"]))
    if not said.isdisjoint(_RELATIVE_WORDS):
        for match in _RELATIVE_WORD.finditer(text):
            yield Named(match[0], offset=_RELATIVE[match[0].casefold()])


def _is_verb(match: re.Match[str], text: str) -> bool:
    """Tell whether the name of a month is the verb: `a member may`, `May I`."""
    if match["m"].casefold() not in ("may", "march") or match["y"]:
        return False
    if match["m"].islower():
        return _BEFORE_MONTH.search(text, 0, match.start()) is None
    return _PRONOUN.match(text, match.end()) is not None


def _every(text: str) -> Iterator[str]:
    for match in _EVERY.finditer(text):
        yield _UNITS[(match["unit"] or match["ly"]).casefold()]


def _spans(text: str) -> Iterator[Span]:
    for match in _DURATION.finditer(text):
        number = match["n"].casefold().replace("-", " ")
        count = _COUNTS[number] if number in _COUNTS else float(number)
        count += 0.5 if match["half"] or match["tail"] else 0
        unit = match["unit"].casefold()
        months = count * (12 if unit[0] == "y" else 1) if unit.startswith(("month", "year")) else 0
        minutes = 0 if months else count * _MINUTES[unit[0]]
        if months <= _MOST_MONTHS and minutes <= _MOST_MINUTES:
            yield Span(match[0], round(minutes), round(months))


def _hours_in_digits(text: str, spread: int) -> Iterator[Hour]:
    for match in _CLOCK_TIME.finditer(text):
        minute = _minute(match)
        yield Hour(match[0].strip(), minute - spread, minute + spread, not match["half"] and minute < 13 * 60)


def _hours_in_words(text: str, said: frozenset[str]) -> Iterator[Hour]:
    if not said.isdisjoint(_SPELLED_WORDS):
        for match in _SPELLED_TIME.finditer(text):
            hour, after = match["h"].casefold(), (match["m"] or "").casefold()
            minute = 60 * (_HOURS.index(hour) + 1 if hour in _HOURS else int(hour))
            minute += _PAST[(match["past"] or "").casefold()] + _AFTER.get(after.replace("-", " "), 0)
            yield Hour(match[0].strip(), minute, minute, either_half=True)
    if said.isdisjoint(_TIME_WORDS):
        return
    for name, minute in _NAMED_TIMES.items():
        if name in said:
            yield Hour(name, minute, minute, either_half=False)
    for name, (start, end) in _PARTS.items():
        if name in said:
            yield Hour(name, start * 60, end * 60 - 1, either_half=False)


def shifted(day: date, months: int) -> date:
    """Return the same day of the month `months` later, or the last one there is."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@lru_cache(maxsize=256)
def clock_moment(clock: str) -> Moment | None:
    """Return the moment a clock shows, None where it is no ISO time."""
    try:
        moment = datetime.fromisoformat(clock)
    except ValueError:
        return None
    if not _is_near(moment.date()):
        return None
    return Moment(moment.date(), moment.hour * 60 + moment.minute, moment.second)


def edge_near(day: date, units: Set[str], now: date) -> str | None:
    """Return which end of this, the last or the next week, month or year a day is, None where it is none.

    Only of those units that were spoken of; of every month to the end of the year where years were.
    """
    if "week" in units and day.weekday() in (0, 4, 5, 6):
        weeks = (day - now + timedelta(days=now.weekday())).days // 7
        if -1 <= weeks <= 1:
            return f"{calendar.day_name[day.weekday()]} of a week near {now}"
    months = (day.year - now.year) * 12 + day.month - now.month
    last = calendar.monthrange(day.year, day.month)[1]
    if day.day in (1, last) and "month" in units and (-1 <= months <= 1 or (months > 0 and "year" in units)):
        return f"the {'first' if day.day == 1 else 'last'} day of a month near {now}"
    if (day.month, day.day) in ((1, 1), (12, 31)) and "year" in units and abs(day.year - now.year) <= 1:
        return f"an end of a year near {now}"
    return None


def written(minute: int) -> str:
    """Return a time of day as HH:MM."""
    return time(minute // 60 % 24, minute % 60).strftime("%H:%M")
