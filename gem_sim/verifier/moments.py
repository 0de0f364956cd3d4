"""Dates, times and weekdays: whether they were seen, or follow from the clock and what was spoken of."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from gem_sim.canonical import Json
from gem_sim.verifier.letters import folded
from gem_sim.verifier.prose import Mention
from gem_sim.verifier.scene import Scene, value_of
from gem_sim.verifier.seen import Row, Sighting, day_of, days_of
from gem_sim.verifier.units import SCALES

# How many mentions on either side of one count as standing with it.
_AROUND = 24
_SHIFTED = re.compile(r"\b(?:an?|one) (day|week) (?:sooner|earlier|later|before|after)\b", re.IGNORECASE)
_SHIFTS = {"day": 1.0, "week": 7.0}
_SHORT_DAYS = (("mon",), ("tue", "tues"), ("wed",), ("thu", "thur", "thurs"), ("fri",), ("sat",), ("sun",))
_ROWS = 50
# More minutes than that shift no time of day.
_LONG = 1e9
_SPANS = ("hour", "day", "week", "night")
# From how many of the latest answers days are counted, and from how many days.
_LATEST, _FEW = 2, 3


def time_known(mention: Mention, scene: Scene) -> bool:
    """Tell whether a time of day was seen, in either half of the day, or is a duration spoken of away from one."""
    minutes, seen = int(value_of(mention)), scene.seen
    candidates = {minutes} if mention.exact else {minutes, (minutes + 720) % 1440}
    if not candidates.isdisjoint(seen.times):
        return True
    hours = {c // 60 for c in candidates if c % 60 == 0}
    if any(hour in seen.asked.hours or (hour - 1) % 12 + 1 in seen.asked.hours for hour in hours):
        return True
    said = ((n * SCALES[u][1] / 60, u) for n, u in said_quantities(mention, scene) if u in ("minute", "hour"))
    shifts = {int(shift) for shift, _ in said if shift < _LONG}
    if not candidates.isdisjoint(_ends(scene)):
        return True
    known = [*seen.times, 60 * scene.clock.hour + scene.clock.minute]
    return any((base + sign * shift) % 1440 in candidates for base in known for shift in shifts for sign in (1, -1))


def _ends(scene: Scene) -> set[int]:
    """Return when what the latest answers say of begins and lasts ends: `from 15:30, 30 minutes`."""
    found = set()
    for result in scene.seen.results[-_LATEST:]:
        items = [result.value] if isinstance(result.value, dict) else []
        items += [item for below in _lists(result.value) for item in below if isinstance(item, dict)]
        for row in (Row(item, result.message) for item in items[:_ROWS]):
            lengths = {n * SCALES[s.unit][1] / 60 for n in row.numbers for s in _measured(n, scene) if s.unit in SCALES}
            found |= {int(time + length) % 1440 for time in row.times for length in lengths if length < 1440}
    return found


def _lists(value: Json) -> Iterator[list[Json]]:
    for below in value.values() if isinstance(value, dict) else ():
        if isinstance(below, list):
            yield below
    if isinstance(value, list):
        yield value


def _measured(number: float, scene: Scene) -> list[Sighting]:
    return [s for s in scene.seen.numbers.get(number, ()) if s.unit in ("minute", "hour") and s.field is not None]


def date_known(mention: Mention, scene: Scene) -> bool:
    """Tell whether a date was seen in any spelling, or follows from the clock and what was spoken of."""
    value = mention.value
    if not isinstance(value, tuple):
        return False
    turned = (value[0], value[2], value[1])
    for year, month, day in (value,) if mention.exact else (value, turned):
        for known in scene.seen.dates:
            if known[1:] == (month, day) and (year == known[0] or not year or not known[0]):
                return True
        wanted = day_of((year, month, day), scene.clock.year)
        if wanted is not None and _reached(wanted, mention, scene):
            return True
    return False


def _reached(wanted: date, mention: Mention, scene: Scene) -> bool:
    """Tell whether a date follows from the clock or a date spoken of, and an interval that was spoken of."""
    asked, today = scene.seen.asked, scene.clock.date()
    gap = abs((wanted - today).days)
    if gap == 0 or (gap == 1 and {"tomorrow", "yesterday", "tonight", "overnight"} & scene.seen.words):
        return True
    if wanted.weekday() in asked.weekdays and gap <= 14:
        return True
    if gap <= 14 and ({"week", "weekend"} & scene.seen.asked_words()) and wanted.weekday() in (0, 4, 5, 6):
        return True
    if "month" in scene.seen.asked_words() and gap <= 62 and (wanted.day == today.day or _edge(wanted)):
        return True
    bases = [today, *days_of(asked.dates | just_answered(scene), today.year), *_own_days(mention, scene)]
    days = {n * SCALES[u][1] / 86400 for n, u in said_quantities(mention, scene) if u in _SPANS}
    days |= {_SHIFTS[folded(match[1])] for match in _SHIFTED.finditer(scene.prose.text)}
    if any(abs((wanted - base).days) in days for base in bases) or wanted.day in asked.days:
        return True
    # The same weekday of another week.
    return any(abs((wanted - day).days) == 7 for day in days_of(asked.dates, today.year))


def _own_days(mention: Mention, scene: Scene) -> list[date]:
    """Return the other days of the message that were seen, or have evidence."""
    seen = set(days_of(scene.seen.dates, scene.clock.year))
    found = []
    for other in scene.prose.around(mention, _AROUND):
        if other is not mention and isinstance(other.value, tuple):
            days = days_of([other.value], scene.clock.year)
            found += [day for day in days if day in seen or other.start in scene.accepted]
    return found


def _edge(day: date) -> bool:
    """Tell whether a day is the first or the last of its month."""
    return day.day in (1, monthrange(day.year, day.month)[1])


def weekday_known(number: int, scene: Scene) -> bool:
    """Tell whether a weekday (Monday 0) was seen, or is that of a date seen, of today or of tomorrow."""
    seen, today = scene.seen, scene.clock.date()
    short = _SHORT_DAYS[number]
    if number in seen.weekdays or (number >= 5 and "weekend" in seen.words) or not seen.words.isdisjoint(short):
        return True
    days = [today, today + timedelta(days=1)]
    days += days_of(seen.dates, today.year)
    known = {day.weekday() for day in days}
    # `the day after`
    if {"day", "after"} <= seen.asked_words():
        known |= {(day + 1) % 7 for day in known}
    return number in known or _within(number, scene)


def _within(number: int, scene: Scene) -> bool:
    """Tell whether a weekday lies within the days that an answer counts from a date: `for two days from 14 May`."""
    for result in scene.seen.results[-_LATEST:]:
        row = Row(result.value, result.message)
        lengths = [n for n in row.numbers if n <= 7 and any(s.unit == "day" for s in scene.seen.numbers.get(n, ()))]
        starts = days_of(row.dates, scene.clock.year)
        if any((number - start.weekday()) % 7 <= length for start in starts for length in lengths):
            return True
    return False


def just_answered(scene: Scene) -> set[tuple[int, int, int]]:
    """Return the dates of the latest answers, where there are few: what is counted from them is."""
    found = [Row(result.value, result.message).dates for result in scene.seen.results[-_LATEST:]]
    dates = set[tuple[int, int, int]]().union(*found)
    return dates if len(dates) <= _FEW else set()


def said_quantities(mention: Mention, scene: Scene) -> set[tuple[float, str]]:
    """Return the quantities from which dates and times may be counted: the user's, and those of the message itself."""
    own = {
        (value_of(m), m.unit)
        for m in scene.prose.around(mention, _AROUND)
        if m.unit is not None and isinstance(m.value, float)
    }
    seen = scene.seen
    return seen.asked.quantities | {(number, unit) for number, unit in own if unit} | set(spoken(seen.asked_words()))


def spoken(words: set[str]) -> Iterator[tuple[float, str]]:
    """Yield the quantities that are said without a number: `an hour`, `next week`, `half`, `a decade`."""
    yield from ((1.0, unit) for unit in ("minute", "hour", "day", "week", "month", "year") if unit in words)
    if "decade" in words:
        yield 10.0, "year"
    if "half" in words:
        yield 30.0, "minute"
