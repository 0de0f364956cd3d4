"""Whether a mention follows from what was seen: said as such, or by what can be read from or worked out of it."""

from __future__ import annotations

import re

from gem_sim.verifier.arithmetic import follows
from gem_sim.verifier.moments import date_known, time_known, weekday_known
from gem_sim.verifier.prose import Mention
from gem_sim.verifier.scene import Scene, is_pounds, literal, value_of
from gem_sim.verifier.seen import Seen, day_of

# How many characters stand between a weekday and its date: `Monday, the 18th of May`.
_BESIDE = 8


def supported(mention: Mention, scene: Scene) -> bool:
    """Tell whether a mention has evidence: as it is, or by what can be read from or worked out of what was seen."""
    if literal(mention, scene) or _follows(mention, scene) or (is_pounds(mention) and _paid(mention, scene)):
        scene.accepted.add(mention.start)
        return True
    return False


def _paid(mention: Mention, scene: Scene) -> bool:
    """Tell whether pounds that nothing weighs are what something costs."""
    paid = mention._replace(kind="amount", unit="money")
    return literal(paid, scene) or _follows(paid, scene)


def _follows(mention: Mention, scene: Scene) -> bool:
    scene.seen.read_texts()
    if mention.kind == "date":
        return date_known(mention, scene)
    if mention.kind == "time":
        return time_known(mention, scene)
    if mention.kind == "weekday":
        return weekday_known(int(value_of(mention)), scene) or _is_of_date(mention, scene)
    if mention.kind in ("identifier", "contact"):
        return _same_digits(str(mention.value), scene.seen)
    if mention.kind == "ordinal":
        return _ordinal(value_of(mention), scene)
    return _number(mention, scene)


def _is_of_date(weekday: Mention, scene: Scene) -> bool:
    """Tell whether a weekday is that of a date that stands beside it, which is judged by itself."""
    for day in scene.prose.around(weekday, 2):
        if isinstance(day.value, tuple) and max(day.start - weekday.end, weekday.start - day.end) <= _BESIDE:
            found = day_of(day.value, scene.clock.year)
            if found is not None and found.weekday() == weekday.value:
                return True
    return False


def _same_digits(wanted: str, seen: Seen) -> bool:
    """Tell whether a telephone number was seen, however it was grouped."""
    digits = "".join(filter(str.isdigit, wanted))
    if len(digits) < 7 or any(map(str.isalpha, wanted)):
        return False
    return any(digits in re.sub(r"[\s().-]", "", line) for line in seen.text().splitlines())


def _number(mention: Mention, scene: Scene) -> bool:
    value, seen = value_of(mention), scene.seen
    if mention.unit is None and value.is_integer():
        if value <= max(3, scene.prose.items) or value in seen.counts():
            return True
        if value <= 12 and any(60 * hour % 1440 in seen.times for hour in (int(value), int(value) + 12)):
            return True
    if mention.unit is None and value >= 1000 and _ends_something(f"{value:.0f}", seen):
        return True
    return follows(mention, scene)


def _ends_something(digits: str, seen: Seen) -> bool:
    """Tell whether an id ends in these digits: `the card ending in 3926`."""
    return re.search(rf"{digits}(?!\w)", seen.text()) is not None


def _ordinal(value: float, scene: Scene) -> bool:
    seen = scene.seen
    if value in seen.ordinals or value in seen.numbers or any(day[2] == value for day in seen.dates):
        return True
    return value <= max(3, scene.prose.items, *seen.counts())
