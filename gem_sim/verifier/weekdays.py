"""Weekdays beside dates: whether the calendar agrees."""

from __future__ import annotations

import re
from calendar import day_name
from collections.abc import Iterator
from itertools import pairwise

from gem_sim.canonical import Json
from gem_sim.verifier.contradict import Contradiction
from gem_sim.verifier.prose import Mention
from gem_sim.verifier.scene import Scene
from gem_sim.verifier.seen import day_of

# `Thursday, 15 May`, `Thursday the 15th of May`, `15 May (a Thursday)`.
_BEFORE = re.compile(r",? (?:the )?|, on (?:the )?")
_AFTER = re.compile(r",? \((?:an? )?|, an? |,? (?:is|was|falls on|will be) an? |, ")


def false_weekdays(scene: Scene) -> Iterator[Contradiction]:
    """Yield the dates that stand with a weekday which they have in no year that may be meant."""
    if "weekday" not in scene.prose.kinds or "date" not in scene.prose.kinds:
        return
    for first, second in pairwise(scene.prose.mentions):
        between = scene.prose.text[first.end : second.start]
        if (first.kind, second.kind) == ("weekday", "date") and _BEFORE.fullmatch(between):
            yield from _judged(first, second, scene)
        elif (first.kind, second.kind) == ("date", "weekday") and _AFTER.fullmatch(between):
            yield from _judged(second, first, scene)


def _judged(weekday: Mention, day: Mention, scene: Scene) -> Iterator[Contradiction]:
    if not isinstance(day.value, tuple) or not day.exact:
        return
    _, month, number = day.value
    years = {day.value[0]} if day.value[0] else _years(month, number, scene)
    meant = [found for year in sorted(years) if (found := day_of((year, month, number), year)) is not None]
    if not meant or any(found.weekday() == weekday.value for found in meant):
        return
    start, end = min(weekday.start, day.start), max(weekday.end, day.end)
    is_one = day_name[meant[0].weekday()]
    message = f"{scene.prose.text[start:end]!r} is said, and {meant[0]} is a {is_one}"
    evidence: dict[str, Json] = {"seen": is_one, "date": meant[0].isoformat()}
    yield Contradiction(weekday._replace(text=scene.prose.text[start:end]), message, evidence)


def _years(month: int, number: int, scene: Scene) -> set[int]:
    """Return the years in which a day without one was seen, else the clock's, and the next where it is past."""
    seen = {year for year, *day in scene.seen.read_texts().dates if year and day == [month, number]}
    clock = scene.clock
    past = (month, number) < (clock.month, clock.day)
    return seen or {clock.year, clock.year + past}
