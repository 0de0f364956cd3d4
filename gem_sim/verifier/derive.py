"""Whether a mention follows from what was seen: said as such, rounded, converted, counted, or worked out.

Working out is kept narrow on purpose. Sums and differences of any two numbers ever seen reach almost every small
number, so only numbers that stand together are combined: those of one message, of one row of a result, of one column.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import NamedTuple

from gem_sim.verifier.prose import SCALES, Mention, Prose
from gem_sim.verifier.seen import Seen, Sighting, day_of

_MOST_NUMBERS = 24


class Scene(NamedTuple):
    """What a mention is judged against: what was seen, the clock, and the message it stands in."""

    seen: Seen
    clock: datetime
    prose: Prose


def supported(mention: Mention, scene: Scene) -> bool:
    """Tell whether a mention has evidence: literally, or by what can be read from or worked out of it."""
    if literal(mention, scene):
        return True
    scene.seen.catch_up()
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
    runs, value = scene.seen.runs, mention.value
    if isinstance(value, str):
        return value in runs or scene.seen.says(value.lstrip("#"))
    if isinstance(value, tuple):
        year, month, day = value
        iso = f"{year or scene.clock.year:04}-{month:02}-{day:02}"
        return iso in runs or scene.seen.says(mention.text.lower())
    if mention.kind == "time":
        hour, minute = divmod(int(value), 60)
        if f"{hour:02}:{minute:02}:00" in runs or f"{hour:02}:{minute:02}" in runs:
            return True
        return mention.exact and mention.text.lower().replace(" ", "") in runs
    if mention.kind == "weekday":
        return mention.text.lower() in runs
    written = f"{int(value)}" if value == int(value) else f"{value:.{mention.places}f}"
    return written in runs or f"${written}" in runs or mention.text.lower().replace(" ", "") in runs


def _float(mention: Mention) -> float:
    return mention.value if isinstance(mention.value, float) else math.nan


def _same_digits(wanted: str, seen: Seen) -> bool:
    """Tell whether a telephone number was seen, however it was grouped."""
    digits = "".join(filter(str.isdigit, wanted))
    if len(digits) < 7 or any(map(str.isalpha, wanted)):
        return False
    return any(digits in "".join(filter(str.isdigit, text)) for text in seen.texts)


def _number(mention: Mention, scene: Scene) -> bool:
    value = _float(mention)
    seen = scene.seen
    if value in seen.numbers or (value.is_integer() and _counted(int(value), mention, scene)):
        return True
    if mention.unit is None and value.is_integer() and value <= 12 and _hour(int(value), seen):
        return True
    return _rounded(mention, seen) or _converted(mention, seen) or _worked_out(mention, scene) or _span(mention, scene)


def _counted(value: int, mention: Mention, scene: Scene) -> bool:
    if mention.unit is not None:
        return False
    return value <= max(3, scene.prose.items) or value in scene.seen.counts


def _hour(value: int, seen: Seen) -> bool:
    return any((60 * hour) % 1440 in seen.times for hour in (value, value + 12))


def _same(value: float, wanted: Mention) -> bool:
    """Tell whether a value, written with the decimals of the mention, is what it says."""
    return abs(value - _float(wanted)) <= 0.5 * 10.0**-wanted.places + 1e-9


def _rounded(mention: Mention, seen: Seen) -> bool:
    value = _float(mention)
    return any(
        number != int(number) and _same(number, mention) and abs(number - value) <= 0.05 * max(abs(value), 1.0)
        for number in seen.numbers
    ) or (value >= 1000 and any(abs(number - value) <= 0.02 * value for number in seen.numbers))


def _converted(mention: Mention, seen: Seen) -> bool:
    value = _float(mention)
    if mention.unit == "percent":
        return any(abs(number * 100 - value) < 1e-6 for number in seen.numbers if number <= 1)
    if mention.unit == "money":
        cents = seen.numbers.get(round(value * 100, 6), ())
        return any(s.field is not None for s in cents)
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
    yield from seen.quantities
    yield from ((1.0, unit) for unit in ("hour", "day", "week", "month", "year", "minute") if unit in seen.words)
    if "decade" in seen.words:
        yield 10.0, "year"
    if "half" in seen.words and "hour" in seen.words:
        yield 30.0, "minute"


def _worked_out(mention: Mention, scene: Scene) -> bool:
    return any(_same(value, mention) for value in _results(mention, scene))


def _results(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield what the numbers that stand together with a mention come to."""
    beside = [
        _float(m)
        for m in scene.prose.mentions
        if m is not mention
        and isinstance(m.value, float)
        and m.kind in ("number", "amount", "percent", "word")
        and _float(m) in scene.seen.numbers
    ][:_MOST_NUMBERS]
    yield from _pairs(beside)
    yield sum(beside)
    amounts = [_float(m) for m in scene.prose.mentions if m.kind == "amount" and m is not mention]
    yield sum(amounts)
    rows: dict[int, list[Sighting]] = {}
    columns: dict[str, list[float]] = {}
    for field, sightings in scene.seen.fields().items():
        for sighting in sightings[-_MOST_NUMBERS:]:
            rows.setdefault(sighting.row, []).append(sighting)
        columns[field] = [s.value for s in sightings]
    for row in rows.values():
        values = [s.value for s in row][:_MOST_NUMBERS]
        yield from _pairs(values)
        yield sum(values)
    for values in columns.values():
        yield sum(values)
    yield from _against_said(mention, scene)


def _against_said(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield differences and sums of a result's or a said number and another said one of the same unit."""
    if mention.unit is None:
        return
    said = [n for n, all_seen in scene.seen.numbers.items() for s in all_seen if s.unit == mention.unit]
    said = list(dict.fromkeys(said))[-_MOST_NUMBERS:]
    beside = [_float(m) for m in scene.prose.mentions if m.unit == mention.unit and m is not mention]
    for left in beside:
        for right in said:
            yield abs(left - right)
            yield left + right


def _pairs(values: list[float]) -> Iterator[float]:
    for left, right in combinations(values, 2):
        yield left + right
        yield abs(left - right)
        yield left * right
        if right:
            yield left / right
        if left:
            yield right / left
        yield left * right / 100


def _span(mention: Mention, scene: Scene) -> bool:
    """Tell whether a duration is the time between two times of a row, or between a seen date and another."""
    scale = SCALES.get(mention.unit or "")
    if scale is None or scale[0] != "duration":
        return False
    if scale[1] >= 86400:
        days = _float(mention) * scale[1] / 86400
        known = [d for d in (_day(value, scene) for value in scene.seen.dates) if d is not None]
        known.append(scene.clock.date())
        return any(abs((a - b).days) in (days, days - 1) for a, b in combinations(known, 2))
    minutes = _float(mention) * scale[1] / 60
    times = [*scene.seen.times, 60 * scene.clock.hour + scene.clock.minute][-_MOST_NUMBERS:]
    return any(abs(a - b) == minutes for a, b in combinations(times, 2))


def _day(value: tuple[int, int, int], scene: Scene) -> date | None:
    return day_of(value, scene.clock.year)


def _ordinal(value: float, scene: Scene) -> bool:
    known = scene.seen
    if value in known.ordinals or value in known.numbers or any(day[2] == value for day in known.dates):
        return True
    return value <= max(3, scene.prose.items, *scene.seen.counts)


def _time(mention: Mention, scene: Scene) -> bool:
    minutes = int(_float(mention))
    seen = scene.seen
    candidates = {minutes} if mention.exact else {minutes, (minutes + 720) % 1440}
    if any(c in seen.times for c in candidates):
        return True
    if any(
        c % 60 == 0 and (float(c // 60) in seen.numbers or float((c // 60 - 1) % 12 + 1) in seen.numbers)
        for c in candidates
    ):
        return True
    shifts = {int(n * SCALES[unit][1] / 60) for n, unit in _quantities(seen) if unit in ("minute", "hour")}
    known = [*seen.times, 60 * scene.clock.hour + scene.clock.minute]
    return any((base + sign * shift) % 1440 in candidates for base in known for shift in shifts for sign in (1, -1))


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
    """Tell whether a date follows from the clock or a seen date and an interval that was spoken of."""
    seen = scene.seen
    today = scene.clock.date()
    if abs((wanted - today).days) <= 1:
        return True
    if wanted.weekday() in seen.weekdays and abs((wanted - today).days) <= 14:
        return True
    days = {int(n * SCALES[unit][1] / 86400) for n, unit in seen.quantities if unit in ("day", "week", "night")}
    if "week" in seen.words or "weekend" in seen.words:
        days |= {7}
    days |= {1} & ({1} if "day" in seen.words or "tomorrow" in seen.words else set())
    bases = [today, *(d for d in (_day(value, scene) for value in seen.dates) if d is not None)]
    if any(wanted == base + timedelta(days=sign * shift) for base in bases for shift in days for sign in (1, -1)):
        return True
    if "month" in seen.words or "months" in seen.words:
        gap = (wanted.year - today.year) * 12 + wanted.month - today.month
        edge = wanted.day == 1 or (wanted + timedelta(days=1)).day == 1
        return wanted.day == today.day or (edge and abs(gap) <= 1) or any((wanted.day == base.day) for base in bases)
    if {"weekend", "week"} & seen.words:
        return abs((wanted - today).days) <= 7 and (wanted.weekday() >= 5 or wanted.weekday() == 0)
    return wanted.day in {int(o) for o in seen.ordinals}


def _weekday(number: int, scene: Scene) -> bool:
    seen = scene.seen
    if number in seen.weekdays:
        return True
    days = [scene.clock.date(), scene.clock.date() + timedelta(days=1)]
    days += [d for d in (_day(value, scene) for value in seen.dates) if d is not None]
    return any(d.weekday() == number for d in days) or (number >= 5 and "weekend" in seen.words)
