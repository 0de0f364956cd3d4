"""Numbers that could be worked out from what was seen in ways that no rule of their own knows, and how telling that is.

What one step of reckoning reaches from many numbers is much: that a small round number is among it says little, that
`54.67` is says a lot. So a number that is reached is weighed by the chance that any number of its size and decimals
would be, from as few numbers as reach it: those of the message, those just told, all of them.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate, combinations, groupby, permutations
from typing import NamedTuple

from gem_sim.verifier.prose import NUMBER_WORDS, Mention
from gem_sim.verifier.scene import Scene, is_hedged, literal, of_same_unit, value_of
from gem_sim.verifier.seen import COUNTING, Sighting, clock_text, day_of, days_of
from gem_sim.verifier.units import SCALES

# So many of the numbers seen last are reckoned with; so many just told, by others and by itself; so many in two steps;
# so many added up.
_MOST, _JUST, _HALF, _FEW, _ADDED = 60, 12, 6, 10, 9
# Up to this a number counts something; from that on it is no figure to reckon with.
_COUNTS, _LARGE = 24, 1e15
# How far a number may be off that the text says *about* of.
_ABOUT = 0.05
# Within what factor of a number others count as of its size.
_NEAR = 1.5
_RATIOS = (
    *(("half", (0.5, 1.5)), ("double", (2.0,)), ("twice", (2.0,)), ("quarter", (0.25,)), ("third", (1 / 3,))),
    *(("month", (12.0,)), ("week", (7.0,))),
)
# Up to what chance a way to work a number out is evidence, and up to which it may be how the number came about: plain
# sums of the message, anything from the message alone, with what was just told, with all that was seen. That some rows
# of a result add up to a number is never evidence, since others were named.
_UP_TO = ((0.15, 1.0), (0.15, 1.0), (0.1, 1.0), (0.05, 0.3), (0.0, 1.0))
# In a sentence that reckons nothing it is never evidence: half the price is reached, and hardly by chance.
_UP_TO_BY_ITSELF = (*((0.0, 0.01),) * 4, (0.0, 0.05))
# Up to what chance what two times are apart is evidence.
_CLOCK_UP_TO = 0.15
# What tells that a sentence reckons.
_RECKONS = re.compile(
    r"\b(?:together|total|in all|sum|left|remain\w*|keeps?|more|less|fewer|than|cheaper|dearer|difference|divided|times"
    r"|per|each|every|average|mean|weighted|points|would|could|then|so|that['’]s|makes?|comes? to|half|twice|double"
    r"|enough|altogether|apart|between|after|before|earlier|later|sooner|away|ago|old|short|over|under|above|below"
    r"|used|free|at least|at most|too|spare|about|almost|nearly|around|roughly|some|will|still|longer|shorter|heavier"
    r"|lighter|faster|slower|longest|shortest|stretch|gap|of (?:its|your|the|them|my|our)"
    r"|an? (?:day|night|week|month|hour|piece|person|dose|kilo|metre))\b|[=×+/]|['’]d\b",
    re.IGNORECASE,
)
# Words of a sum, and of what is taken off.
_TOGETHER = re.compile(r"\b(?:(?:al)?together|in all|in total|sum)\b", re.IGNORECASE)
_OFF = re.compile(r"\b(?:off|less|discount\w*|reduc\w+|cheaper|rebate)\b", re.IGNORECASE)
_BARE = (None, "times", "count")
_ROUNDED = re.compile(r"\bround", re.IGNORECASE)
# Beyond so many days nobody counts working days, and so many a month may have.
_FAR, _MONTH = 60, 31
# What tells that a sentence counts days, and how many working days there are.
_SPAN = re.compile(
    r"\b(?:until|till|through|last\w*|latest|from|since|after|before|by|within|due|starts?|starting|begins?|runs?|valid"
    r"|ends?|expires?|later|earlier|first)\b",
    re.IGNORECASE,
)
_WORKING = re.compile(r"\b([a-z]+|\d{1,2}) (?:working|business) days?\b")
# Times of day and times that something took.
_SPLIT = re.compile(r"(?<![\w:.-])\d{1,2}:\d\d(?::\d\d)?(?![\w:])")
_LENGTHS = ("km", "mile", "m")
# Between a count and what each is: `2 × €19.50`, `3 full days at €58`.
_TIMES = re.compile(r"\s?[x×*·]\s?|[ -](?:[^\W\d_]+ ){0,3}at ")


class Part(NamedTuple):
    """A number to reckon with: as it was given (`raw`), and in the unit of what is sought where it has that dimension.

    `alike` tells whether it may be added to it, `text` how it was written.
    """

    raw: float
    value: float
    unit: str | None
    alike: bool
    text: str


class Reach(NamedTuple):
    """How a number can be worked out, in words, and the chance that any number like it could be.

    `telling` says that so few others could be that this is evidence.
    """

    how: str
    chance: float
    telling: bool


def reach(mention: Mention, scene: Scene) -> Reach | None:
    """Return how a number can be worked out; None where it cannot be, or many can and its sentence reckons nothing."""
    if mention.kind == "date":
        return _by_days(mention, scene)
    if mention.kind == "time":
        return _by_clock(mention, scene)
    if mention.kind not in COUNTING or not 0 < value_of(mention) < _LARGE:
        return None
    own, terms = _own(mention, scene)
    (seen, wished), stated, ratios = _seen(mention, scene), _stated(mention, scene), _ratios(scene)
    just = _few([*own, *wished, *seen[:_JUST], *stated[:_HALF], *ratios])
    every = _few([*own, *stated, *ratios, *seen])
    widening = (
        _plain(mention, terms),
        *(_results(mention, parts, own, scene) for parts in (own, just, every)),
        _of_fields(mention, scene),
    )
    # What the items of a list are is said before it.
    text = scene.prose.text if scene.prose.items else scene.prose.sentence_at(mention.start).text
    perhaps = None
    for results, (telling, possible) in zip(
        widening, _UP_TO if _RECKONS.search(text) else _UP_TO_BY_ITSELF, strict=True
    ):
        way = _weighed(mention, scene, results)
        if way is not None and way.chance <= telling and _fits(way.how, text):
            return way._replace(telling=True)
        if way is not None and way.chance <= possible and perhaps is None:
            perhaps = way
    return perhaps


def _fits(how: str, text: str) -> bool:
    """Tell whether a way to work a number out is one that the words of its sentence speak of."""
    if _TOGETHER.search(text) and (" - " in how or " / " in how or " less " in how):
        return False
    return not (_OFF.search(text) and " and " in how)


def _weighed(mention: Mention, scene: Scene, results: Iterable[tuple[float, str]]) -> Reach | None:
    """Return the first of some results that the number is, with the share of the numbers near it that they are."""
    value, slack = value_of(mention), 0.5 * 10.0**-mention.places
    if is_hedged(mention, scene):
        slack = max(slack, _ABOUT * value)
    if _ROUNDED.search(scene.prose.sentence_at(mention.start).text):
        slack = max(slack, 1.0)
    slots: set[int] = set()
    how = ""
    for result, text in results:
        if value / _NEAR <= result <= value * _NEAR:
            slots.add(round(result / (2 * slack)))
        if text and not how and abs(result - value) <= slack + 1e-9:
            how = text
    every = max(value * (_NEAR - 1 / _NEAR) / (2 * slack), 1.0)
    return Reach(how, min(len(slots) / every, 1.0), telling=False) if how else None


def _own(mention: Mention, scene: Scene) -> tuple[list[Part], list[Part]]:
    """Return the other numbers of the message that have evidence, and the same with `2 × €19.50` as one."""
    found, terms = list[Part](), list[Part]()
    before: Mention | None = None
    for other in scene.prose.around(mention, _MOST):
        if other is mention or other.kind not in COUNTING:
            continue
        evident = other.start in scene.accepted or literal(other, scene)
        part = _part(value_of(other), other.unit, mention, other.text)
        if evident:
            found.append(part)
        # How many of something there are needs no evidence.
        if before is not None and evident and _TIMES.fullmatch(scene.prose.text, before.end, other.start):
            times = terms.pop()
            part = _part(times.raw * part.raw, other.unit, mention, f"{times.text} × {part.text}")
            found.append(part)
        elif not evident and (other.unit is not None or part.value > _COUNTS):
            before = None
            continue
        terms.append(part)
        before = other
    return _few(found), terms


def _seen(mention: Mention, scene: Scene) -> tuple[list[Part], list[Part]]:
    """Return the numbers of what was seen, the latest first, and those of them that the user said last."""
    seen = [s for some in scene.seen.read_texts().numbers.values() for s in some if s.unit != "label"]
    seen.sort(key=lambda sighting: (-sighting.message, sighting.value))
    parts = [(s.where, _part(s.value, s.unit, mention, f"{s.value:g}", in_field=s.field is not None)) for s in seen]
    wished = [part for where, part in parts if where == "the user"]
    return _few(part for _, part in parts), wished[:_HALF]


def _stated(mention: Mention, scene: Scene) -> list[Part]:
    """Return the numbers that the assistant said with evidence in its messages before, the latest first."""
    stated = (m for m in reversed(scene.seen.stated[-_JUST:]) if m.kind in COUNTING)
    return [_part(value_of(m), m.unit, mention, m.text) for m in stated]


def _ratios(scene: Scene) -> list[Part]:
    """Return the ratios that are said in words."""
    said = [(word, ratios) for word, ratios in _RATIOS if word in scene.seen.text() or word in scene.prose.lowered]
    parts = [Part(ratio, ratio, "times", False, word) for word, ratios in said for ratio in ratios]
    return [*parts, *(_of_month(scene) if "month" in scene.seen.text() else ())]


def _of_month(scene: Scene) -> Iterator[Part]:
    """Yield how many days of a month are left from today, or from a day spoken of on, and what part of it they are."""
    said = (m.value for m in scene.prose.mentions if isinstance(m.value, tuple))
    values = dict.fromkeys([*said, *sorted(scene.seen.asked.dates)])
    days = [scene.clock.date(), *days_of(values, scene.clock.year)]
    for day in days[:_HALF]:
        whole = monthrange(day.year, day.month)[1]
        left = whole - day.day + 1
        yield Part(left, left, "day", False, f"{left} days of the month")
        yield Part(left / whole, left / whole, "times", False, f"{left} of {whole} days")


def _few(parts: Iterable[Part]) -> list[Part]:
    """Return the first of some parts, each value of a unit once."""
    found: dict[tuple[float, str | None], Part] = {}
    for part in parts:
        if 0 < part.value < _LARGE and len(found) < _MOST:
            found.setdefault((part.value, part.unit), part)
    return list(found.values())


def _part(value: float, unit: str | None, mention: Mention, text: str, *, in_field: bool = False) -> Part:
    wanted, given = SCALES.get(mention.unit or ""), SCALES.get(unit or "")
    if wanted is not None and given is not None and wanted[0] == given[0]:
        return Part(value, value * given[1] / wanted[1], unit, True, text)
    # What counts something is added to no amount.
    bare = unit is None and (mention.kind != "amount" or in_field or value > _COUNTS or not value.is_integer())
    return Part(value, value, unit, bare or mention.unit is None or unit in (mention.unit, wanted and wanted[0]), text)


def _plain(mention: Mention, terms: list[Part]) -> Iterator[tuple[float, str]]:
    """Yield the sums of numbers of one unit that follow one another in the message, and the differences of two."""
    alike = [part for part in terms if part.alike and (part.unit is None) == (mention.unit is None)]
    for first, last in combinations(range(len(alike) + 1), 2):
        some = alike[first:last]
        if len(some) > 1:
            yield sum(part.value for part in some), " + ".join(part.text for part in some)
    for one, other in combinations(alike, 2):
        yield abs(one.value - other.value), f"{one.text} - {other.text}"


def _results(mention: Mention, parts: list[Part], own: list[Part], scene: Scene) -> Iterator[tuple[float, str]]:
    """Yield what numbers come to, each with the reckoning in words."""
    yield from _gaps(mention, scene)
    alike = sorted((part for part in own if part.alike), key=lambda part: part.unit != mention.unit)[:_ADDED]
    for size in range(3, len(alike) + 1):
        for some in combinations(alike, size):
            yield sum(part.value for part in some), " + ".join(part.text for part in some)
    for one, other in combinations(parts, 2):
        if one.alike and other.alike:
            yield one.value + other.value, f"{one.text} + {other.text}"
            yield abs(one.value - other.value), f"{one.text} - {other.text}"
        if (one.alike or other.alike) and (one.unit is None or one.unit != other.unit):
            yield from _products(one, other)
    for one, other in permutations(parts, 2):
        yield from _quotients(one, other, mention.unit)
    # What a dearer price costs more for the rest of a month.
    shares = [part for part in parts if part.text.endswith(" days")]
    for one, other in combinations([part for part in parts if part.alike][:_JUST] if shares else (), 2):
        apart = abs(one.value - other.value)
        yield from ((apart * share.value, f"({one.text} - {other.text}) × {share.text}") for share in shares)
    for some in combinations(parts[:_FEW], 3):
        one, two, three = some
        # Three of many come to nearly anything, so that is no way; but others like it are reached.
        text = f"{one.text} × {two.text} × {three.text}" if parts is own else ""
        yield one.value * two.value * three.value, text
        if all(part.alike for part in some):
            most, *less = sorted(some, key=lambda part: -part.value)
            yield most.value - sum(part.value for part in less), " - ".join(part.text for part in (most, *less))


def _of_fields(mention: Mention, scene: Scene) -> Iterator[tuple[float, str]]:
    """Yield the sums of values of a field that follow one another in one result."""
    for name, sightings in scene.seen.fields.items():
        fitting = [s for s in sightings[-_COUNTS:] if s.unit != "label" and of_same_unit(mention, s)]
        for _, group in groupby(fitting, key=lambda sighting: sighting.message):
            values = [sighting.value for sighting in group]
            for first in range(len(values)):
                totals = enumerate(accumulate(values[first : first + _JUST]))
                yield from ((total, f"the sum of {at + 1} {name}") for at, total in totals if at)


def _quotients(one: Part, other: Part, unit: str | None) -> Iterator[tuple[float, str]]:
    """Yield what part one number is of another, one in the other's shares, and what a percentage makes of one."""
    ratio, text = one.value / other.value, f"{one.text} / {other.text}"
    if unit == "percent":
        yield 100 * ratio, text
        yield abs(100 * ratio - 100), text
    elif one.unit == other.unit or (one.alike and (unit is None or one.unit or other.unit in _BARE)):
        yield ratio, text
    if other.unit == "percent" and one.alike and other.value < 100:
        share, percent = other.value / 100, f"{other.value:g} %"
        yield one.value * share, f"{percent} of {one.text}"
        yield one.value * (1 - share), f"{one.text} less {percent}"
        yield one.value * (1 + share), f"{one.text} and {percent}"
        yield one.value / share, f"what {one.text} are {percent} of"


def _products(one: Part, other: Part) -> Iterator[tuple[float, str]]:
    """Yield the product of two numbers, also of a rate (`0.2 mg/kg`) and what it is taken of, each in its own unit."""
    text = f"{one.text} × {other.text}"
    yield one.value * other.value, text
    if one.unit is not None and other.unit is not None:
        yield one.raw * other.raw, text


def _gaps(mention: Mention, scene: Scene) -> Iterator[tuple[float, str]]:
    """Yield how far apart two times or dates are that were seen or that the message has."""
    dimension, size = SCALES.get(mention.unit or "", ("duration" if mention.unit is None else "", 60.0))
    if dimension != "duration":
        return
    own = [m.value for m in scene.prose.mentions if m.kind == "time" and isinstance(m.value, float)]
    clock = 60.0 * scene.clock.hour + scene.clock.minute
    times = list(dict.fromkeys([*own, clock, *map(float, sorted(scene.seen.times))]))[:_MOST]
    for one, other in combinations(times, 2):
        gap, text = abs(one - other), f"the time between {clock_text(one)} and {clock_text(other)}"
        yield from ((60 * minutes / size, text) for minutes in (gap, 1440 - gap, 1440 + gap))
    if size < 86400:
        return
    said = [m.value for m in scene.prose.mentions if isinstance(m.value, tuple)]
    values = list(dict.fromkeys([*said, *sorted(scene.seen.dates)]))[:_MOST]
    days = [scene.clock.date(), *days_of(values, scene.clock.year)]
    yield from ((86400 * part.value / size, part.text) for part in _of_month(scene) if part.unit == "day")
    for day, later in combinations(days, 2):
        gap, text = abs((later - day).days), f"the days from {day} to {later}"
        yield from ((86400 * number / size, text) for number in (gap, gap + 1))


def _by_days(mention: Mention, scene: Scene) -> Reach | None:
    """Return how a date is reached from today or a day that is spoken of; never evidence, as many are."""
    wanted = _day(mention.value, scene)
    if wanted is None or _SPAN.search(scene.prose.sentence_at(mention.start).text) is None:
        return None
    said = [m.value for m in scene.prose.mentions if m is not mention and isinstance(m.value, tuple)]
    starts = [scene.clock.date(), *filter(None, (_day(v, scene) for v in (*said, *sorted(scene.seen.asked.dates))))]
    lengths = {s.value * SCALES[s.unit][1] / 86400 for s in _lengths(scene) if s.unit in ("day", "week")}
    working = {_count(text) for text in _WORKING.findall(scene.seen.text())}
    for start in starts:
        gap = (wanted - start).days
        # The first day may count, or only working days; or it is the first of the next month.
        if gap in lengths or gap + 1 in lengths or (working and _working(start, gap) in working):
            return Reach(f"so many days from {start} as were told", 1.0, telling=False)
        if wanted.day == 1 and 0 < gap <= _MONTH and "month" in scene.seen.text():
            return Reach(f"the first of the month after {start}", 1.0, telling=False)
    seen = (_day(value, scene) for value in sorted(scene.seen.dates))
    beside = next((other for other in seen if other is not None and abs((wanted - other).days) == 1), None)
    return None if beside is None else Reach(f"the day beside {beside}", 1.0, telling=False)


def _working(start: date, gap: int) -> int:
    """Return how many working days there are in so many days from one on."""
    return sum((start + timedelta(days=day)).weekday() < 5 for day in range(1, min(gap, _FAR) + 1))


def _count(text: str) -> int:
    return int(text) if text.isdigit() else NUMBER_WORDS.get(text, 0)


def _day(value: object, scene: Scene) -> date | None:
    return day_of(value, scene.clock.year) if isinstance(value, tuple) else None


def _lengths(scene: Scene) -> Iterator[Sighting]:
    """Yield the numbers that rules and fields of results name."""
    for some in scene.seen.read_texts().numbers.values():
        yield from (sighting for sighting in some if sighting.where != "the user")


def _by_clock(mention: Mention, scene: Scene) -> Reach | None:
    """Return that hours, minutes and seconds are what two others are apart, or one takes for each of a measure."""
    wanted = _seconds(mention.text)
    seen = dict.fromkeys(s for text in (scene.prose.text, scene.seen.text()) for s in _SPLIT.findall(text)[-_MOST:])
    texts = [text for text in seen if text not in mention.text and any(_seconds(text))]
    # These are times of day, of which none tells how long something took: with a half of it, and all without seconds.
    if mention.text[-1:].isalpha() or not any(text.count(":") == 2 and not text.endswith(":00") for text in texts):
        return None
    results: list[tuple[float, str]] = []
    for one, other in combinations(texts, 2):
        pairs = zip(_seconds(one), _seconds(other), strict=False)
        results += [(abs(left - right), f"{one} - {other}") for left, right in pairs]
    lengths = [s.value for some in scene.seen.read_texts().numbers.values() for s in some if s.unit in _LENGTHS]
    for text in texts:
        results += [(s / n, f"{text} / {n:g}") for s in _seconds(text) for n in dict.fromkeys(lengths) if n]
    how = next((text for result, text in results if any(abs(result - target) <= 0.5 for target in wanted)), None)
    chance = _share(wanted[-1:], [round(result) for result, _ in results])
    return None if how is None else Reach(how, chance, telling=chance <= _CLOCK_UP_TO)


def _seconds(text: str) -> list[float]:
    """Return what `2:14:36` is in seconds; `5:26`, hours and minutes or minutes and seconds, as both, seconds last."""
    parts = [float(part) for part in text.split(maxsplit=1)[0].split(":") if part.isdigit()]
    if len(parts) == 3:
        return [3600 * parts[0] + 60 * parts[1] + parts[2]] * 2
    return [3600 * parts[0] + 60 * parts[1], 60 * parts[0] + parts[1]] if len(parts) == 2 else []


def _share(values: Sequence[float], others: Iterable[float]) -> float:
    """Return of the whole numbers near some values the share that others are."""
    near = {other for other in others for value in values if value / _NEAR <= other <= value * _NEAR}
    return min(len(near) / max(max(values, default=1.0) * (_NEAR - 1 / _NEAR), 1.0), 1.0)
