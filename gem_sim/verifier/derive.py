"""Whether a mention follows from what was seen: said as such, rounded, converted, counted, or worked out.

Working out is kept narrow on purpose. Sums and differences of any two numbers ever seen reach almost every small
number, so only numbers of one unit that stand together are combined: those of one message, one row, one column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import combinations, product
from typing import NamedTuple

from gem_sim.verifier.prose import SCALES, Mention, Prose
from gem_sim.verifier.seen import Seen, Sighting, day_of, rows_of

_MOST = 16
_RATE = re.compile(r"\b(?:a|per|each|every)\s+(?:minute|hour|day|night|week|month|year)\b", re.IGNORECASE)
_HEDGE = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|over|under|more than|less than|some)\s+[$€£]?$|~$",
    re.IGNORECASE,
)
_NUMERIC = ("number", "amount", "percent", "word")


class Scene(NamedTuple):
    """What a mention is judged against: what was seen, the clock, and the message it stands in.

    `spoken` is the number of the last message in which the assistant said something, 0 before the first.
    """

    seen: Seen
    clock: datetime
    prose: Prose
    spoken: int = 0


def supported(mention: Mention, scene: Scene) -> bool:
    """Tell whether a mention has evidence: as it is, or by what can be read from or worked out of what was seen."""
    if literal(mention, scene):
        return True
    scene.seen.read_texts()
    if mention.kind == "date":
        return _date(mention, scene)
    if mention.kind == "time":
        return _time(mention, scene)
    if mention.kind == "weekday":
        return _weekday(int(_float(mention)), scene)
    if mention.kind in ("identifier", "contact"):
        return _same_digits(str(mention.value), scene.seen)
    if mention.kind == "ordinal":
        return _ordinal(_float(mention), scene)
    return _number(mention, scene)


def literal(mention: Mention, scene: Scene) -> bool:
    """Tell whether a mention stands in what was seen as it is, or in the way data write it."""
    seen, value = scene.seen, mention.value
    if isinstance(value, str):
        return seen.says(value.lstrip("#"))
    if isinstance(value, tuple):
        year, month, day = value
        return seen.says(f"{year or scene.clock.year:04}-{month:02}-{day:02}") or seen.says(mention.text.lower())
    if mention.kind == "time":
        hour, minute = divmod(int(value), 60)
        return seen.says(f"{hour:02}:{minute:02}") or (
            mention.exact and seen.says(mention.text.lower().replace(" ", ""))
        )
    if mention.kind == "weekday":
        return seen.says(mention.text.lower())
    stages = (seen.read_results, seen.read_told, seen.read_texts)
    return any(_known(mention, stage().numbers.get(value, ())) for stage in stages)


def _known(mention: Mention, sightings: Iterable[Sighting]) -> bool:
    return any(of_same_unit(mention, sighting) for sighting in sightings)


def of_same_unit(mention: Mention, sighting: Sighting) -> bool:
    """Tell whether a number with the unit of a mention may be the number that was seen."""
    if mention.unit == sighting.unit or mention.unit in (None, "times"):
        return True
    scale = SCALES.get(mention.unit or "")
    if scale is not None and scale[0] == sighting.unit:
        return True
    # A bare number may be anything; in prose it is no share.
    return sighting.unit is None and (mention.unit != "percent" or sighting.field is not None)


def _float(mention: Mention) -> float:
    return mention.value if isinstance(mention.value, float) else math.nan


def _same_digits(wanted: str, seen: Seen) -> bool:
    """Tell whether a telephone number was seen, however it was grouped."""
    digits = "".join(filter(str.isdigit, wanted))
    if len(digits) < 7 or any(map(str.isalpha, wanted)):
        return False
    return any(digits in re.sub(r"[\s().-]", "", line) for line in seen.text().splitlines())


def _number(mention: Mention, scene: Scene) -> bool:
    value, seen = _float(mention), scene.seen
    if mention.unit is None and value.is_integer():
        if value <= max(3, scene.prose.items) or value in seen.counts():
            return True
        if value <= 12 and any(60 * hour % 1440 in seen.times for hour in (int(value), int(value) + 12)):
            return True
    return _rounded(mention, scene) or _converted(mention, seen) or _worked_out(mention, scene) or _span(mention, scene)


def _same(value: float, wanted: Mention) -> bool:
    """Tell whether a value, written with the decimals of the mention, is what it says."""
    return abs(value - _float(wanted)) <= 0.5 * 10.0**-wanted.places + 1e-9


def _rounded(mention: Mention, scene: Scene) -> bool:
    """Tell whether a number with a fraction was rounded, or a number to its leading digits where the text says so."""
    value = _float(mention)
    hedged = _HEDGE.search(scene.prose.text, max(0, mention.start - 24), mention.start) is not None
    zeros = len(f"{value:.0f}") - len(f"{value:.0f}".rstrip("0")) if hedged and value else 0
    for number, sightings in scene.seen.numbers.items():
        close = abs(number - value) <= 0.1 * max(value, 1)
        fraction = number != int(number) and _same(number, mention)
        if close and (fraction or (zeros and round(number, -zeros) == value)) and _known(mention, sightings):
            return True
    return False


def _converted(mention: Mention, seen: Seen) -> bool:
    value = _float(mention)
    if mention.unit == "percent":
        return any(number <= 1 and abs(number * 100 - value) < 1e-6 for number in seen.numbers)
    scale = SCALES.get(mention.unit or "")
    if scale is None:
        return False
    for number, unit in _quantities(seen):
        other = SCALES.get(unit)
        if other is not None and other[0] == scale[0] and _same(number * other[1] / scale[1], mention):
            return True
    return False


def _quantities(seen: Seen) -> Iterator[tuple[float, str]]:
    """Yield the numbers with units that were seen, `an hour` and `a decade` among them."""
    for number, sightings in seen.numbers.items():
        for unit in {sighting.unit for sighting in sightings}:
            if unit is not None:
                yield number, unit
    yield from _spoken(seen.words)


def _spoken(words: set[str]) -> Iterator[tuple[float, str]]:
    yield from ((1.0, unit) for unit in ("minute", "hour", "day", "week", "month", "year") if unit in words)
    if "decade" in words:
        yield 10.0, "year"
    if "half" in words:
        yield 30.0, "minute"


def _worked_out(mention: Mention, scene: Scene) -> bool:
    return any(_same(value, mention) for value in _results(mention, scene))


def _results(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield what the numbers that stand together with a mention come to."""
    beside = [other for other in _beside(mention, scene) if literal(other, scene)][:_MOST]
    alike = [_float(other) for other in beside if other.unit == mention.unit]
    counts = [_float(other) for other in beside if other.unit in (None, "times")]
    shares = [_float(other) for other in beside if other.unit == "percent"]
    yield from _sums(alike)
    yield from (number * count for number, count in product(alike, counts))
    if _RATE.search(scene.prose.text):
        times = {_float(m) for m in beside if m.unit in ("minute", "hour", "day", "night", "week", "month", "year")}
        yield from (number * count for number, count in product(alike, times | _gaps(scene)))
    yield from (number * (100 + sign * share) / 100 for number in alike for share in shares for sign in (1, -1))
    yield from (number * share / 100 for number in alike for share in shares)
    if mention.unit in (None, "percent"):
        same = [pair for pair in combinations(beside, 2) if pair[0].unit == pair[1].unit and pair[1].value]
        factor = 100 if mention.unit == "percent" else 1
        yield from (factor * _float(a) / _float(b) for pair in same for a, b in (pair, pair[::-1]) if _float(b))
    yield from _in_results(mention, scene)
    if mention.kind == "amount":
        yield from _left_over(mention, alike, scene)


def _beside(mention: Mention, scene: Scene) -> list[Mention]:
    return [other for other in scene.prose.mentions if other is not mention and other.kind in _NUMERIC]


def _sums(values: list[float]) -> Iterator[float]:
    yield sum(values)
    for left, right in combinations(values, 2):
        yield left + right
        yield abs(left - right)


def _in_results(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield sums and differences of the fields of one row, products with a count in it, and sums of a column."""
    rows: dict[int, list[Sighting]] = {}
    for sightings in scene.seen.fields.values():
        fitting = [sighting for sighting in sightings if of_same_unit(mention, sighting)]
        yield sum(sighting.value for sighting in fitting)
        for sighting in sightings[-_MOST:]:
            rows.setdefault(sighting.row, []).append(sighting)
    for row in rows.values():
        counts = [s.value for s in row if s.unit == "count"]
        # Of amounts many a field's name says nothing, of other measures a sum has to be of one dimension.
        others = (None,) if mention.unit in (None, "money", "cent") else ()
        for unit in {s.unit for s in row if of_same_unit(mention, s)} - {"count", "label", None} | set(others):
            values = [s.value for s in row if s.unit in (unit, *others) and of_same_unit(mention, s)][:_MOST]
            # One is a step to the neighbour of every number, and hardly ever what somebody adds.
            yield from _sums([value for value in values if value != 1])
            yield from (value * count for value, count in product(values, counts))


def _left_over(mention: Mention, alike: list[float], scene: Scene) -> Iterator[float]:
    """Yield what remains of an amount the user named."""
    for number, unit in scene.seen.asked.quantities:
        if unit == mention.unit:
            yield from (abs(number - other) for other in alike)


def _span(mention: Mention, scene: Scene) -> bool:
    """Tell whether a duration lies between two times or dates that stand together, or between one and the clock."""
    scale = SCALES.get(mention.unit or "")
    if scale is None or scale[0] != "duration":
        return False
    if scale[1] >= 86400:
        days = _float(mention) * scale[1] / 86400
        gaps = _gaps(scene)
        return days in gaps or days + 1 in gaps
    minutes = _float(mention) * scale[1] / 60
    said = {int(_float(m)) for m in scene.prose.mentions if m.kind == "time"} | scene.seen.asked.times
    groups = [[*said, 60 * scene.clock.hour + scene.clock.minute], *(list(row) for row in _row_times(scene))]
    return any(abs(a - b) == minutes for group in groups for a, b in combinations(group[:_MOST], 2))


def _gaps(scene: Scene) -> set[int]:
    """Return the days between the dates of the message, the user's, those just answered, and the clock."""
    known = {m.value for m in scene.prose.mentions if isinstance(m.value, tuple)} | scene.seen.asked.dates
    known |= _row_dates(scene)
    dates = [day for day in (day_of(value, scene.clock.year) for value in known) if day is not None]
    return {abs((a - b).days) for a, b in combinations([*dates, scene.clock.date()], 2)}


def _row_times(scene: Scene) -> list[frozenset[int]]:
    return [row.times for rows in rows_of(scene.seen.results[-2:]) for row in rows[:_MOST]]


def _row_dates(scene: Scene) -> set[tuple[int, int, int]]:
    return {day for rows in rows_of(scene.seen.results[-2:]) for row in rows[:4] for day in row.dates}


def _ordinal(value: float, scene: Scene) -> bool:
    seen = scene.seen
    if value in seen.ordinals or value in seen.numbers or any(day[2] == value for day in seen.dates):
        return True
    return value <= max(3, scene.prose.items, *seen.counts())


def _time(mention: Mention, scene: Scene) -> bool:
    minutes, seen = int(_float(mention)), scene.seen
    candidates = {minutes} if mention.exact else {minutes, (minutes + 720) % 1440}
    if not candidates.isdisjoint(seen.times):
        return True
    hours = {c // 60 for c in candidates if c % 60 == 0}
    if any(hour in seen.asked.hours or (hour - 1) % 12 + 1 in seen.asked.hours for hour in hours):
        return True
    shifts = {int(n * SCALES[u][1] / 60) for n, u in _said_quantities(scene) if u in ("minute", "hour")}
    known = [*seen.times, 60 * scene.clock.hour + scene.clock.minute]
    return any((base + sign * shift) % 1440 in candidates for base in known for shift in shifts for sign in (1, -1))


def _said_quantities(scene: Scene) -> set[tuple[float, str]]:
    """Return the quantities from which dates and times may be counted: the user's, and those of the message itself."""
    own = {(_float(m), m.unit) for m in scene.prose.mentions if m.unit is not None and m.kind in _NUMERIC}
    asked = scene.seen.asked
    return asked.quantities | {(number, unit) for number, unit in own if unit} | set(_spoken(asked.words))


def _date(mention: Mention, scene: Scene) -> bool:
    value = mention.value
    if not isinstance(value, tuple):
        return False
    turned = (value[0], value[2], value[1])
    for year, month, day in (value,) if mention.exact else (value, turned):
        for known in scene.seen.dates:
            if known[1:] == (month, day) and (year == known[0] or not year or not known[0]):
                return True
        wanted = day_of((year, month, day), scene.clock.year)
        if wanted is not None and _reached(wanted, scene):
            return True
    return False


def _reached(wanted: date, scene: Scene) -> bool:
    """Tell whether a date follows from the clock or a date spoken of, and an interval that was spoken of."""
    asked, today = scene.seen.asked, scene.clock.date()
    gap = abs((wanted - today).days)
    if gap == 0 or (gap == 1 and {"tomorrow", "yesterday", "tonight", "overnight"} & scene.seen.words):
        return True
    if wanted.weekday() in asked.weekdays and gap <= 14:
        return True
    if gap <= 14 and ({"week", "weekend"} & asked.words) and wanted.weekday() in (0, 4, 5, 6):
        return True
    if "month" in asked.words and gap <= 62 and (wanted.day == today.day or _edge(wanted)):
        return True
    own = {m.value for m in scene.prose.mentions if isinstance(m.value, tuple)} - {
        (wanted.year, wanted.month, wanted.day)
    }
    bases = [today, *(d for d in (day_of(v, today.year) for v in (own & scene.seen.dates) | asked.dates) if d)]
    days = {n * SCALES[u][1] / 86400 for n, u in _said_quantities(scene) if u in ("day", "week", "night")}
    shifts = {timedelta(days=sign * shift) for shift in days for sign in (1, -1)}
    return any(wanted == base + shift for base in bases for shift in shifts) or wanted.day in asked.days


def _edge(day: date) -> bool:
    """Tell whether a day is the first or the last of its month."""
    return day.day == 1 or (day + timedelta(days=1)).day == 1


def _weekday(number: int, scene: Scene) -> bool:
    seen, today = scene.seen, scene.clock.date()
    if number in seen.weekdays or (number >= 5 and "weekend" in seen.words):
        return True
    days = [today, today + timedelta(days=1)]
    days += [day for day in (day_of(value, today.year) for value in seen.dates) if day is not None]
    return any(day.weekday() == number for day in days)
