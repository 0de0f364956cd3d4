"""What a mention of a message is judged against, and whether it stands there as it is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from gem_sim.verifier.prose import Mention, Prose, Sentence
from gem_sim.verifier.seen import Received, Seen, Sighting, has
from gem_sim.verifier.units import SCALES

_HEDGE = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|over|under|more than|less than|some|not yet|not quite"
    r"|close to)\s+[$€£]?$|~$",
    re.IGNORECASE,
)


class Line(NamedTuple):
    """A price, and how many times it may be taken."""

    price: float
    times: tuple[float, ...]


class Scene(NamedTuple):
    """What a mention is judged against: what was seen, the clock, and the message it stands in.

    `spoken` is the number of the last message in which the assistant said something, 0 before the first. `accepted`
    grows by the places of the mentions found to be supported, so that others may be worked out from them; `named` has
    the prices of the rows that are spoken of, once they have been looked for.
    """

    seen: Seen
    clock: datetime
    prose: Prose
    spoken: int
    accepted: set[int]
    named: list[list[Line]]


def value_of(mention: Mention) -> float:
    """Return the number of a mention, NaN for what is none."""
    return mention.value if isinstance(mention.value, float) else math.nan


def is_pounds(mention: Mention) -> bool:
    """Tell whether a mention is of pounds in so many words, which are a weight or money."""
    return mention.unit == "lb" and mention.text.lower().endswith(("pound", "pounds"))


def literal(mention: Mention, scene: Scene) -> bool:
    """Tell whether a mention stands in what was seen as it is, or in the way data write it."""
    seen, value, kind = scene.seen, mention.value, mention.kind
    if isinstance(value, float) and kind not in ("time", "weekday"):
        return (
            known(mention, seen.read_results().numbers.get(value, ()))
            or known(mention, seen.read_told().numbers.get(value, ()))
            or known(mention, seen.read_texts().numbers.get(value, ()))
        )
    if isinstance(value, str):
        return seen.says(value.lstrip("#"))
    if isinstance(value, tuple):
        year, month, day = value
        return seen.says(f"{year or scene.clock.year:04}-{month:02}-{day:02}") or seen.says(mention.text.lower())
    if kind == "time":
        hour, minute = divmod(int(value), 60)
        return seen.says(f"{hour:02}:{minute:02}") or (
            mention.exact and seen.says(mention.text.lower().replace(" ", ""))
        )
    return seen.says(mention.text.lower())


def known(mention: Mention, sightings: Sequence[Sighting]) -> bool:
    """Tell whether one of the numbers seen may be the one that a mention says."""
    unit = mention.unit
    if unit is None:
        return len(sightings) > 0
    units = (unit, SCALES[unit][0]) if unit in SCALES else (unit,)
    # Asked so often that a generator would cost more than the answer.
    for sighting in sightings:  # noqa: SIM110
        if sighting.unit in units or of_same_unit(mention, sighting):
            return True
    return False


def of_same_unit(mention: Mention, sighting: Sighting) -> bool:
    """Tell whether a number with the unit of a mention may be the number that was seen."""
    unit, seen = mention.unit, sighting.unit
    if unit is None or unit in (seen, "times"):
        return True
    # A bare number may be anything; in prose it is no share.
    if seen is None:
        return unit != "percent" or sighting.field is not None
    return unit in SCALES and SCALES[unit][0] == seen


def says(value: float, wanted: Mention, slack: float = 0.0) -> bool:
    """Tell whether a value, written with the decimals of the mention, is what it says; `slack` is a share of it."""
    return abs(value - value_of(wanted)) <= max(0.5 * 10.0**-wanted.places, slack * value) + 1e-9


def is_hedged(mention: Mention, scene: Scene) -> bool:
    """Tell whether the text says *about* before a number."""
    return _HEDGE.search(scene.prose.text, max(0, mention.start - 24), mention.start) is not None


def names_another(sentence: Sentence, answers: Iterable[Received]) -> bool:
    """Tell whether a sentence names ids, and none that the answers or their calls have: it speaks of another thing."""
    ids = [str(mention.value).lstrip("#") for mention in sentence.mentions if mention.kind == "identifier"]
    return bool(ids) and not any(has(result.text, name) for result in answers for name in ids)
