"""Numbers that the words beside them announce as worked out: what each of several pays, what a discount saves.

Without such words the same numbers are no evidence: what can be divided and taken off reaches too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gem_sim.verifier.prose import Mention
from gem_sim.verifier.scene import Scene, of_same_unit, value_of

_SPLIT = re.compile(r"\b(?:each|apiece|per (?:person|head)|split|shared?|divided?|half)\b", re.IGNORECASE)
_OFF = re.compile(
    r"\b(?:sav(?:es?|ed|ings?)|discounts?|off|reduc\w+|cheaper|rebate|deduct\w*|less|without|before|instead|full|usual"
    r"|normal|regular|original)\b",
    re.IGNORECASE,
)
_TWO = re.compile(r"\b(?:both|half)\b", re.IGNORECASE)
# Among how many something is shared.
_MOST = 12


def announced(mention: Mention, alike: list[float], scene: Scene) -> Iterator[float]:
    """Yield what an amount comes to by the words of its sentence; `alike` are the amounts beside it in the message."""
    if mention.kind != "amount":
        return
    sentence = scene.prose.sentence_at(mention.start).text
    if _SPLIT.search(sentence):
        heads = _heads(sentence, scene)
        yield from (amount / count for amount in _amounts(mention, alike, scene) for count in heads)
    if _OFF.search(sentence):
        yield from _discounts(mention, alike, scene)


def _amounts(mention: Mention, alike: Iterable[float], scene: Scene) -> set[float]:
    """Return the amounts that the message or a field of a result names."""
    fields = scene.seen.fields.values()
    return {*alike, *(s.value for sightings in fields for s in sightings if of_same_unit(mention, s))}


def _heads(sentence: str, scene: Scene) -> set[float]:
    """Return the small numbers of a message and of the user's: among so many something may be shared."""
    said = {value_of(m) for m in scene.prose.mentions if m.unit is None and m.kind in ("number", "word")}
    asked = {float(hour) for hour in scene.seen.read_told().asked.hours}
    both = {2.0} if _TWO.search(sentence) else set()
    return {number for number in said | asked | both if 2 <= number <= _MOST and number.is_integer()}


def _discounts(mention: Mention, alike: list[float], scene: Scene) -> Iterator[float]:
    """Yield what a percentage that was seen takes off an amount, the amount before that, and differences of a field."""
    shares = {
        number / 100
        for number, sightings in scene.seen.numbers.items()
        if 0 < number < 100 and any(sighting.unit == "percent" for sighting in sightings)
    }
    for amount in _amounts(mention, alike, scene) if shares else ():
        for share in shares:
            yield from (amount * share, amount / (1 - share), amount / (1 - share) - amount)
    for sightings in scene.seen.fields.values():
        values = {s.value for s in sightings if of_same_unit(mention, s)}
        yield from (abs(left - right) for left in values for right in values)
