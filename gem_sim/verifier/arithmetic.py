"""Numbers worked out from others: rounded, converted, added up, shared out, scaled, or counted between two times.

Kept narrow on purpose. Sums and differences of any two numbers ever seen reach almost every small number, so only
numbers of one unit that stand together are combined: those of one message, one row, one column, one line of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import combinations, pairwise, permutations, product

from gem_sim.verifier.announced import announced, columns
from gem_sim.verifier.letters import folded
from gem_sim.verifier.moments import just_answered, spoken
from gem_sim.verifier.prose import MONTHS, Mention
from gem_sim.verifier.reckoned import multiples, reckoned
from gem_sim.verifier.scene import Scene, is_hedged, known, literal, of_same_unit, says, value_of
from gem_sim.verifier.seen import COUNTING, Row, Seen, Sighting, days_of, leaves, rows_of
from gem_sim.verifier.units import SCALES

_MOST = 16
_AROUND = 24
_RATE = re.compile(r"\b(?:an?|per|each|every)\s+(?:minute|hour|day|night|week|month|year)\b", re.IGNORECASE)
_SHARED = re.compile(r"\b(?:average|averages|averaged|mean|per|each|apiece|ratio)\b", re.IGNORECASE)
_SCALED = re.compile(r"\b(?:times|twice|double|triple|half|scaled?|multipl\w+)\b", re.IGNORECASE)
_BOTH = re.compile(r"\bboth\b", re.IGNORECASE)
# How many characters on either side of a mention are read for such a word.
_WINDOW = 300
_MEASURES = ("length", "weight", "volume", "size")
# Between what shares of a duration that is said the one that is meant lies.
_WITHIN_HOURS = {
    "less than": (0.5, 1.0), "under": (0.5, 1.0), "almost": (0.85, 1.0), "nearly": (0.85, 1.0), "about": (0.9, 1.1),
    "around": (0.9, 1.1), "roughly": (0.85, 1.15), "more than": (1.0, 1.5), "over": (1.0, 1.5), "some": (0.9, 1.1),
}  # fmt: skip
_FROM_NOW = re.compile(r"\b(less than|under|almost|nearly|about|around|roughly|more than|over|some) $", re.IGNORECASE)
_AWAY = re.compile(r" (?:away|from now|left|to go|ahead|before it|until)\b", re.IGNORECASE)
_MONTHS_SPAN = re.compile(
    rf"\b({'|'.join(MONTHS)}) (?:to|through|until|till|[-–]) (?:late |early |mid-)?({'|'.join(MONTHS)})\b",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"\b(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d))[T ]((?:[01]\d|2[0-3]):[0-5]\d)")
_LATEST = 3


def follows(mention: Mention, scene: Scene) -> bool:
    """Tell whether a number is rounded, converted or worked out from what was seen, or lies between two moments."""
    return (
        _rounded(mention, scene)
        or _converted(mention, scene)
        or _of_two_parts(mention, scene)
        or any(says(value, mention) for value in _results(mention, scene))
        or _span(mention, scene)
    )


def _rounded(mention: Mention, scene: Scene) -> bool:
    """Tell whether a number with a fraction was rounded, or a number to its leading digits where the text says so."""
    value = value_of(mention)
    zeros = len(f"{value:.0f}") - len(f"{value:.0f}".rstrip("0")) if value and is_hedged(mention, scene) else 0
    for number, sightings in scene.seen.numbers.items():
        close = abs(number - value) <= 0.1 * max(value, 1)
        fraction = number != int(number) and says(number, mention)
        if close and (fraction or (zeros and round(number, -zeros) == value)) and known(mention, sightings):
            return True
    return False


def _converted(mention: Mention, scene: Scene) -> bool:
    value, seen = value_of(mention), scene.seen
    if mention.unit == "percent":
        return any(number <= 1 and abs(number * 100 - value) < 1e-6 for number in seen.numbers)
    if mention.unit == "degree":
        degrees = (turned for number in seen.numbers for turned in (number * 1.8 + 32, (number - 32) / 1.8))
        return any(says(number, mention) for number in degrees)
    scale = SCALES.get(mention.unit or "")
    if scale is None:
        return False
    slack = 0.03 if is_hedged(mention, scene) else 0.0
    sizes = [size for dimension, size in SCALES.values() if dimension == scale[0]]
    for number, unit in _quantities(seen):
        # A field called `depthM` says what it measures, and a unit that nobody can be sure of.
        if unit == scale[0] and any(says(number * size / scale[1], mention) for size in sizes):
            return True
        other = SCALES.get(unit)
        if other is not None and other[0] == scale[0] and says(number * other[1] / scale[1], mention, slack):
            return True
    return False


def _of_two_parts(mention: Mention, scene: Scene) -> bool:
    """Tell whether hours and minutes said together are a number of minutes that was seen: `2 hours and 46 minutes`."""
    parts = [other for other in scene.prose.around(mention, 2) if other.unit in ("hour", "minute")]
    for hours, minutes in pairwise(parts):
        together = (hours.unit, minutes.unit) == ("hour", "minute") and minutes.start - hours.end <= 5
        if together and mention in (hours, minutes):
            whole = 60 * value_of(hours) + value_of(minutes)
            seen = scene.seen.numbers.get(whole, [])
            return any(sighting.unit in ("minute", None) for sighting in seen) or _between(int(whole), mention, scene)
    return False


def _quantities(seen: Seen) -> Iterator[tuple[float, str]]:
    """Yield the numbers with units that were seen, `an hour` and `a decade` among them."""
    for number, sightings in seen.numbers.items():
        for unit in {sighting.unit for sighting in sightings}:
            if unit is not None:
                yield number, unit
    yield from spoken(seen.words)


def _results(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield what the numbers that stand together with a mention come to."""
    beside = [o for o in _beside(mention, scene) if o.start in scene.accepted or literal(o, scene)][:_MOST]
    alike = [value_of(other) for other in beside if other.unit == mention.unit]
    counts = [value_of(other) for other in beside if other.unit in (None, "times")]
    counts += [2.0] if _near(_BOTH, mention, scene) else []
    shares = [value_of(other) for other in beside if other.unit == "percent"]
    yield from _sums(alike)
    yield from (number * count for number, count in product(alike, counts))
    if _near(_RATE, mention, scene):
        times = {value_of(m) for m in beside if m.unit in ("minute", "hour", "day", "night", "week", "month", "year")}
        yield from (number * count for number, count in product(alike, times | _gaps(mention, scene)))
    yield from (number * (100 + sign * share) / 100 for number in alike for share in shares for sign in (1, -1))
    yield from (number * share / 100 for number in alike for share in shares)
    yield from _shares(mention, beside)
    if len(alike) > 1:
        yield sum(alike) / len(alike)
    if _near(_SCALED, mention, scene):
        yield from _scaled(mention, scene)
    yield from _in_results(mention, scene)
    yield from announced(mention, alike, scene)
    if mention.kind == "amount" or (mention.unit is None and _among_amounts(mention, scene)):
        yield from reckoned(mention, scene)
    elif SCALES.get(mention.unit or "", ("",))[0] in _MEASURES:
        yield from multiples(mention, scene)
    if mention.kind == "amount":
        yield from _left_over(mention, alike, scene)


def _among_amounts(mention: Mention, scene: Scene) -> bool:
    """Tell whether a bare number stands in a sentence of amounts: `83 euros: 45 for the saddle and 38 for the tape`."""
    return any(other.kind == "amount" for other in scene.prose.sentence_at(mention.start).mentions)


def _near(words: re.Pattern[str], mention: Mention, scene: Scene) -> bool:
    start = max(0, mention.start - _WINDOW)
    return words.search(scene.prose.text, start, mention.end + _WINDOW) is not None


def _shares(mention: Mention, beside: list[Mention]) -> Iterator[float]:
    """Yield what part one number of the message is of another, and for a percentage also how much more or less."""
    if mention.unit not in (None, "percent"):
        return
    for left, right in permutations(beside, 2):
        if (left.unit == right.unit or None in (left.unit, right.unit)) and value_of(right):
            share = value_of(left) / value_of(right)
            yield share if mention.unit is None else 100 * share
            if mention.unit == "percent":
                yield abs(100 * (share - 1))


def _scaled(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield seen numbers taken as many times as one small number the user said goes into another: a recipe for more."""
    small = [*scene.seen.asked.hours, *(number for number, _ in scene.seen.asked.quantities if number <= _MOST)]
    ratios = {left / right for left, right in permutations(small, 2) if right}
    for number, sightings in scene.seen.numbers.items():
        if known(mention, sightings):
            yield from (number * ratio for ratio in ratios)


def _beside(mention: Mention, scene: Scene) -> list[Mention]:
    """Return the numbers of the message around a mention."""
    around = scene.prose.around(mention, _AROUND)
    return [other for other in around if other is not mention and other.kind in COUNTING]


def _sums(values: list[float]) -> Iterator[float]:
    yield sum(values)
    for left, right in combinations(values, 2):
        yield left + right
        yield abs(left - right)


def _in_results(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield sums and differences of the fields of one row, products with a count in it, and sums of a column."""
    rows: dict[int, list[Sighting]] = {}
    rated = _RATE.match(scene.prose.text, mention.end + 1) is not None
    shared = rated or _near(_SHARED, mention, scene)
    for sightings in scene.seen.fields.values():
        fitting = [sighting for sighting in sightings if of_same_unit(mention, sighting)]
        if fitting:
            yield sum(sighting.value for sighting in fitting)
            yield from map(sum, columns(fitting).values())
            yield sum(sighting.value for sighting in fitting) / len(fitting)
            changes = permutations([s.value for s in fitting[-4:] if s.value], 2) if mention.unit == "percent" else ()
            yield from (abs(100 * (left / right - 1)) for left, right in changes)
        for sighting in sightings[-_MOST:]:
            rows.setdefault(sighting.row, []).append(sighting)
    for line in scene.seen.lines:
        yield from _sums([value_of(m) for m in line if m.unit == mention.unit][:_MOST])
    for row in rows.values():
        counts = [s.value for s in row if s.unit == "count"]
        if mention.unit is None:
            yield from left_of_counts(row)
        # Of amounts many a field's name says nothing, of other measures a sum has to be of one dimension.
        others = (None,) if mention.unit in (None, "money", "cent") else ()
        for unit in {s.unit for s in row if of_same_unit(mention, s)} - {"count", "label", None} | set(others):
            values = [s.value for s in row if s.unit in (unit, *others) and of_same_unit(mention, s)][:_MOST]
            # One is a step to the neighbour of every number, and hardly ever what somebody adds.
            yield from _sums([value for value in values if value != 1])
            yield from (value * count for value, count in product(values, counts))
        if shared:
            yield from (a.value / b.value for a, b in permutations(row[:_MOST], 2) if b.value)


def left_of_counts(row: list[Sighting]) -> Iterator[float]:
    """Yield how far a count and a bare number of one row are apart: `182 of the 600 places are free`."""
    counting = [sighting for sighting in row if sighting.unit in ("count", None)][:_MOST]
    for one, other in combinations(counting, 2):
        if "count" in (one.unit, other.unit):
            yield abs(one.value - other.value)


def _left_over(mention: Mention, alike: list[float], scene: Scene) -> Iterator[float]:
    """Yield what remains of an amount the user named."""
    for number, unit in scene.seen.asked.quantities:
        if unit == mention.unit:
            yield from (abs(number - other) for other in alike)


def _span(mention: Mention, scene: Scene) -> bool:
    """Tell whether a duration lies between two times or dates that stand together, or between one and the clock."""
    scale = SCALES.get(mention.unit or "")
    if scale is None or scale[0] not in ("duration", "months"):
        return False
    if scale[0] == "months":
        return _years(value_of(mention) * scale[1] / 12, mention, scene)
    if scale[1] >= 86400:
        days = value_of(mention) * scale[1] / 86400
        gaps = _gaps(mention, scene)
        named = sum(other.kind in ("weekday", "date") for other in scene.prose.sentence_at(mention.start).mentions)
        return days in gaps or days + 1 in gaps or (days == named and days > 1)
    minutes = value_of(mention) * scale[1] / 60
    return _between(minutes, mention, scene, far=mention.unit == "hour") or _from_clock(minutes, mention, scene)


def _years(years: float, mention: Mention, scene: Scene) -> bool:
    """Tell whether so many years lie between two dates, whole ones or about so many as the text says."""
    span = _MONTHS_SPAN.search(scene.prose.sentence_at(mention.start).text)
    if span is not None and round(12 * years, 6) == (_month(span[2]) - _month(span[1])) % 12 + 1:
        return True
    hedge = _FROM_NOW.search(scene.prose.text, max(0, mention.start - 24), mention.start)
    low, high = _WITHIN_HOURS[folded(hedge[1])] if hedge is not None else (1.0, (years + 1) / years if years else 1.0)
    return any(low * years <= gap / 365.25 <= high * years for gap in _gaps(mention, scene))


def _month(name: str) -> int:
    return MONTHS.index(folded(name))


def _from_clock(minutes: float, mention: Mention, scene: Scene) -> bool:
    """Tell whether a moment of the latest answers lies that long from the clock: `less than three hours from now`."""
    hedge = _FROM_NOW.search(scene.prose.text, max(0, mention.start - 24), mention.start)
    low, high = _WITHIN_HOURS.get(hedge[1].lower() if hedge is not None else "", (1.0, 1.0))
    if hedge is None and _AWAY.match(scene.prose.text, mention.end) is None:
        return False
    clock = scene.clock.replace(tzinfo=None)
    texts = [leaf for result in scene.seen.results[-_LATEST:] for leaf in leaves(result.value) if isinstance(leaf, str)]
    moments = [moment for text in texts for match in _MOMENT.finditer(text) for moment in _moments(match)]
    moments += [clock.replace(hour=time // 60 % 24, minute=time % 60) for time in _said_times(mention, scene)]
    return any(low * minutes <= abs((moment - clock).total_seconds()) / 60 <= high * minutes for moment in moments)


def _moments(match: re.Match[str]) -> Iterator[datetime]:
    with suppress(ValueError):
        yield datetime.fromisoformat(f"{match[1]} {match[2]}")


def _said_times(mention: Mention, scene: Scene) -> list[int]:
    near = scene.prose.around(mention, _AROUND)
    return [int(value_of(m)) for m in near if m.kind == "time"] + [int(60 * value_of(m)) for m in near if _is_hour(m)]


def _is_hour(mention: Mention) -> bool:
    return mention.kind == "number" and mention.unit is None and value_of(mention) in range(24)


def _between(minutes: float, mention: Mention, scene: Scene, *, far: bool = False) -> bool:
    """Tell whether that many minutes lie between two times of the message or one row; if `far` also of two rows."""
    near = scene.prose.around(mention, _AROUND)
    said = {int(value_of(m)) for m in near if m.kind == "time"} | set(sorted(scene.seen.asked.times)[:_MOST])
    groups = [[*said, 60 * scene.clock.hour + scene.clock.minute], *(list(row) for row in _row_times(scene))]
    if far:
        groups.append(sorted({time for group in groups for time in group}))
    gaps = {abs(a - b) for group in groups for a, b in combinations(group[: 2 * _MOST], 2)}
    return minutes in gaps or 1440 - minutes in gaps


def _gaps(mention: Mention, scene: Scene) -> set[int]:
    """Return the days between the dates of the message, the user's, those just answered, and the clock."""
    near = scene.prose.around(mention, _AROUND)
    known = {m.value for m in near if isinstance(m.value, tuple)} | set(sorted(scene.seen.asked.dates)[:_MOST])
    known |= _row_dates(scene) | just_answered(scene)
    return {abs((a - b).days) for a, b in combinations([*days_of(known, scene.clock.year), scene.clock.date()], 2)}


def _row_times(scene: Scene) -> list[frozenset[int]]:
    return [row.times for row in _recent_rows(scene)]


def _recent_rows(scene: Scene) -> list[Row]:
    rows = [row for rows in rows_of(scene.seen.results[-2:]) for row in rows[:_MOST]]
    return rows + [Row(result.value, result.message) for result in scene.seen.results[-2:]]


def _row_dates(scene: Scene) -> set[tuple[int, int, int]]:
    return {day for rows in rows_of(scene.seen.results[-2:]) for row in rows[:4] for day in row.dates}
