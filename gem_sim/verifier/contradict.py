"""Where prose gives another value for the very thing that a result gave a value for.

A value is tied to a thing in three ways: by the name of a field beside it (`the total is 226`), by a word that names
one row of a list (`Bob at 1 pm`), and by what is counted (`4 reminders`), each only where it can mean nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.verifier.derive import Scene, literal, supported
from gem_sim.verifier.prose import UNITS, Mention
from gem_sim.verifier.seen import Row, Sighting, rows_of

_WORD = re.compile(r"[^\W\d_]+")
# Between a label and its number.
_CONNECTORS = frozenset(
    (
        *(
            "is",
            "are",
            "was",
            "were",
            "be",
            "of",
            "at",
            "a",
            "an",
            "the",
            "now",
            "only",
            "just",
            "about",
            "around",
            "to",
        ),
        *("s", "comes", "stands", "has", "been", "exactly", "currently"),
    )
)
# How many messages back a list still counts as what the assistant speaks of.
_RECENT = 8
# Between a name and a value said of it: `Bob at 1 pm`, `Juneau is 59`, `Large: $12`.
_SAID_OF = frozenset(
    (
        *(
            "at",
            "on",
            "from",
            "for",
            "is",
            "are",
            "was",
            "cost",
            "costs",
            "due",
            "starts",
            "begins",
            "ends",
            "has",
            "by",
        ),
        *("comes", "to", "$", "€", "£"),
    )
)
# Before a name that is not what the sentence is about.
_ASIDE = frozenset(("after", "before", "than", "like", "except", "instead", "of", "near", "following"))
_STOP = re.compile(r"[.;,()\n]\s?")
# Fields whose value prose may add up anew.
_SUMS = frozenset(("total", "sum", "subtotal", "balance", "remaining", "left", "count", "number"))
# Words too common to tell one row from another, even at the start of a sentence.
_PLAIN = frozenset(
    ("with", "from", "that", "this", "your", "have", "there", "which", "when", "what", "they", "also", "the", "and")
)
_NUMBERS = ("number", "amount", "percent")


class Contradiction(NamedTuple):
    """A mention that contradicts a result: a sentence for a person, and the values."""

    mention: Mention
    message: str
    evidence: dict[str, Json]


def contradictions(scene: Scene) -> Iterator[Contradiction]:
    """Yield the mentions of a message that contradict what the results so far say of the same thing."""
    seen = scene.seen
    if not seen.results or not scene.prose.mentions:
        return
    labels = seen.labels()
    lowered = scene.prose.text.lower()
    for mention in scene.prose.mentions:
        if mention.kind in _NUMBERS:
            names = _labels(lowered, mention, labels)
            if names:
                yield from _other_value(mention, names, scene)
        if mention.kind in ("number", "word") and mention.unit is None:
            yield from _other_count(mention, lowered, scene)
    yield from _other_row(scene)


def _labels(text: str, mention: Mention, labels: set[str]) -> list[str]:
    """Return the words beside a number that name a field, those before it first, the longest first."""
    before = _WORD.findall(_STOP.split(text[max(0, mention.start - 40) : mention.start])[-1])
    while before and before[-1] in _CONNECTORS:
        before.pop()
    names = []
    # `will cost 225` names no field `cost`.
    if before and before[-1] in labels and not (len(before) > 1 and before[-2] in ("will", "would", "to", "not")):
        names = [" ".join(before[-2:]), before[-1]]
    after = _WORD.match(text, mention.end + 1)
    if mention.kind == "amount" and after is not None and after.group() in labels:
        names.append(after.group())
    return names


def _other_value(mention: Mention, names: list[str], scene: Scene) -> Iterator[Contradiction]:
    value = mention.value
    fields = scene.seen.fields()
    name = next((name for name in names if name in fields), names[-1])
    known = [s for field, every in fields.items() if field == name or field.endswith(f" {name}") for s in every]
    if not known or not isinstance(value, float) or any(_equal(mention, sighting) for sighting in known):
        return
    if _counts_things(mention, scene) or _said_by_others(mention, scene):
        return
    # What another field of the same row has is mixed up; what stands elsewhere, or adds up, may be another matter.
    rows = {sighting.row for sighting in known}
    if not any(_equal(mention, s) for every in fields.values() for s in every if s.row in rows):
        adds_up = mention.kind == "amount" or name in _SUMS
        if literal(mention, scene) or (adds_up and supported(mention, scene)):
            return
    last = known[-1]
    shown = f"{last.value:g}"
    message = f"the {name} is {mention.text} here, and {shown} in the answer of {last.where}"
    yield Contradiction(mention, message, {"seen": shown, "field": last.field, "seen_in_message": last.message})


def _equal(mention: Mention, sighting: Sighting) -> bool:
    value = mention.value
    if not isinstance(value, float):
        return False
    if abs(sighting.value - value) <= 0.5 * 10.0**-mention.places and (mention.places or sighting.value == value):
        return True
    near = abs(sighting.value - value) <= 0.5 * 10.0**-mention.places + 1e-9
    cents = mention.unit == "money" and abs(sighting.value - 100 * value) < 1e-6
    percent = mention.unit == "percent" and abs(100 * sighting.value - value) < 1e-6
    return cents or percent or (near and sighting.value != int(sighting.value))


def _counts_things(mention: Mention, scene: Scene) -> bool:
    """Tell whether a noun follows, so that the number counts things: `the price of 2 books`."""
    following = _WORD.match(scene.prose.text, mention.end + 1)
    return (
        mention.unit is None and following is not None and following.group().lower() not in ("and", "or", "with", "in")
    )


def _said_by_others(mention: Mention, scene: Scene) -> bool:
    value = mention.value
    assert isinstance(value, float)
    written = f"{value:g}"
    told = scene.seen.told
    if written in told or f"${written}" in told or mention.text.lower().replace(" ", "") in told:
        return True
    scene.seen.catch_up()
    return any(sighting.field is None for sighting in scene.seen.numbers.get(value, ()))


def _other_count(mention: Mention, text: str, scene: Scene) -> Iterator[Contradiction]:
    """Yield a count that is larger than any list of such things that was seen."""
    value = mention.value
    noun = _WORD.match(text, mention.end + 1)
    if noun is None or not isinstance(value, float) or noun.group() in UNITS:
        return
    lists = [
        (len(items), result)
        for result in scene.seen.results
        for name, items in _lists(result.value)
        if name.removesuffix("s") == noun.group().removesuffix("s")
    ]
    most = max((length for length, _ in lists), default=None)
    if most is None or value <= sum(length for length, _ in lists) or _said_by_others(mention, scene):
        return
    if supported(mention, scene) and value > 3:
        return
    result = lists[-1][1]
    message = f"{mention.text} {noun.group()} here, and {most} in the answer of {result.tool}"
    yield Contradiction(mention, message, {"seen": most, "seen_in_message": result.message})


def _lists(value: Json) -> Iterator[tuple[str, list[Json]]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, list):
                yield key.lower(), item
            else:
                yield from _lists(item)


def _other_row(scene: Scene) -> Iterator[Contradiction]:
    """Yield a time or number that directly follows the name of one entry of a list, and only another entry has it."""
    lists: list[list[Row]] | None = None
    for mention in scene.prose.mentions:
        name = _name_before(scene.prose.text, mention) if mention.kind in (*_NUMBERS, "time") else None
        if name is None:
            continue
        if lists is None:
            lists = _recent_lists(scene)
        for members in lists:
            yield from _of_another(mention, name, members, scene)


def _name_before(text: str, mention: Mention) -> str | None:
    """Return the name, in lower case, that a value directly follows; None where none does."""
    words = text[max(0, mention.start - 60) : mention.start].split()
    while words and words[-1] in _SAID_OF:
        words.pop()
    if not words or not words[-1][:1].isupper() or words[-1][-1] in ".;,!?":
        return None
    name = words[-1].strip("\"'“”‘’():").lower()
    aside = len(words) > 1 and words[-2].lower() in _ASIDE
    return None if aside or len(name) < 3 or name in _PLAIN or not name.isalnum() else name


def _recent_lists(scene: Scene) -> list[list[Row]]:
    last = scene.seen.results[-1].message
    return rows_of([result for result in scene.seen.results if last - result.message <= _RECENT])


def _of_another(mention: Mention, name: str, members: list[Row], scene: Scene) -> Iterator[Contradiction]:
    named = [row for row in members if row.names(name)]
    if len(named) != 1 or _holds(named[0], mention) or _told(mention, scene):
        return
    if any(_holds(other, mention) for other in members):
        row = named[0]
        values: list[Json] = [*sorted(row.numbers), *(f"{t // 60:02}:{t % 60:02}" for t in sorted(row.times))]
        message = f"{mention.text} is said of {name!r}, and belongs to another entry of the list"
        evidence: dict[str, Json] = {"entry": name, "its_values": values[:12], "seen_in_message": row.message}
        yield Contradiction(mention, message, evidence)


def _holds(row: Row, mention: Mention) -> bool:
    value = mention.value
    if not isinstance(value, float):
        return False
    if mention.kind == "time":
        return any((int(value) - known) % 720 == 0 for known in row.times)
    if mention.unit is None and any((60 * int(value) - known) % 720 == 0 for known in row.times):
        return True
    return value in row.numbers or (mention.unit == "money" and round(100 * value, 6) in row.numbers)


def _told(mention: Mention, scene: Scene) -> bool:
    if mention.kind == "time":
        return mention.text.lower().replace(" ", "") in scene.seen.told or scene.seen.says(mention.text.lower())
    return _said_by_others(mention, scene)
