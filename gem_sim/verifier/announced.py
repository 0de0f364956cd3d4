"""Numbers that the words beside them announce as worked out: totals, what each of several pays, what a discount saves.

Without such words the same numbers are no evidence: what can be added up, divided and taken off reaches too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate, combinations

from gem_sim.canonical import Json
from gem_sim.verifier.prose import Mention
from gem_sim.verifier.scene import Scene, known, of_same_unit, says, value_of
from gem_sim.verifier.seen import Row, Sighting, has, leaves, rows_of

_TOTAL = re.compile(
    r"\b(?:(?:al)?together|in all|total(?:s|ling|led)?|sums?|com(?:es?|ing) to|adds? up|makes?|combined|overall"
    r"|amounts? to|both|all (?:of|the|your|these|those|two|three|four|five|six|\d+))\b",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\b(?:each|apiece|per (?:person|head)|split|shared?|divided?|half)\b", re.IGNORECASE)
_OFF = re.compile(
    r"\b(?:sav(?:es?|ed|ings?)|discounts?|off|reduc\w+|cheaper|rebate|deduct\w*|less|without|before|instead|full|usual"
    r"|normal|regular|original)\b",
    re.IGNORECASE,
)
_APART = re.compile(r"\b(?:more|less|dearer|cheaper|difference|sav(?:es?|ed|ings?))\b", re.IGNORECASE)
_TWO = re.compile(r"\b(?:both|half)\b", re.IGNORECASE)
# Among how many something is shared, and how many of a kind are counted.
_MOST = 12
# How many values of a field are added up from the last one back.
_LAST = 16
# What is larger is no amount.
_LARGE = 1e15


def announced(mention: Mention, alike: list[float], scene: Scene) -> Iterator[float]:
    """Yield what a number comes to by the words of its sentence; `alike` are the numbers of its unit beside it."""
    sentence = scene.prose.sentence_at(mention.start).text
    if _TOTAL.search(sentence):
        yield from _totals(mention, scene)
        yield from _of_named_rows(mention, scene)
    if mention.kind != "amount":
        return
    yield from _of_a_kind(mention, sentence.lower(), scene)
    if _SPLIT.search(sentence):
        asked = {float(number) for number in scene.seen.read_told().asked.hours if 2 <= number <= _MOST}
        heads = _heads(scene.prose.mentions, sentence) | asked
        yield from (amount / count for amount in _amounts(mention, alike, scene) for count in heads)
    if _OFF.search(sentence):
        yield from _discounts(mention, alike, scene)
    if _APART.search(sentence):
        yield from _differences(mention, scene)


def columns(sightings: Iterable[Sighting]) -> dict[str, list[float]]:
    """Return the values of a field by the tool that gave them: what one quotes, another books once more."""
    by_tool: dict[str, list[float]] = {}
    for sighting in sightings:
        by_tool.setdefault(sighting.where, []).append(sighting.value)
    return by_tool


def stands_before_parts(mention: Mention, scene: Scene) -> bool:
    """Tell whether the supported numbers that follow in the sentence add up to one: `130 euros: 30 and 100 euros`."""
    inside = scene.prose.sentence_at(mention.start).mentions
    kinds = [(mention.kind, mention.unit), *([("number", None)] if mention.kind == "amount" else [])]
    alike = (m for m in inside if m.start > mention.start and (m.kind, m.unit) in kinds)
    totals = list(accumulate(value_of(m) for m in alike if m.start in scene.accepted))
    return any(says(total, mention) for total in totals[1:])


def _totals(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield the sums of the last values a tool gave a field, two or more, and the sums of such sums of two fields."""
    sums: dict[str, list[list[float]]] = {}
    for sightings in scene.seen.fields.values():
        fitting = [s for s in sightings if s.unit not in ("label", "count") and of_same_unit(mention, s)]
        for tool, values in columns(fitting).items():
            sums.setdefault(tool, []).append(list(accumulate(values[: -_LAST - 1 : -1]))[1:])
    for fields in sums.values():
        for sum_of in fields:
            yield from sum_of
        if mention.kind == "amount":
            pairs = (zip(*pair, strict=True) for pair in combinations(fields, 2) if len(pair[0]) == len(pair[1]))
            yield from (left + right for pair in pairs for left, right in pair)


def _of_named_rows(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield the sums of a field over the rows of a list, or of a tool's answers, that the message names."""
    for rows in rows_of(scene.seen.results):
        named = [row for row in rows if _is_named(row, rows, scene)]
        sums: dict[str, float] = {}
        for row in named if len(named) > 1 else ():
            for name, value in _numbers(row.content):
                if known(mention, scene.seen.numbers.get(value, ())):
                    sums[name] = sums.get(name, 0.0) + value
        yield from sums.values()


def _is_named(row: Row, rows: list[Row], scene: Scene) -> bool:
    """Tell whether the message has a text of the row that no other row of its list has."""
    texts = {leaf.lower() for leaf in leaves(row.content) if isinstance(leaf, str) and len(leaf) > 1}
    said = [text for text in texts if text in scene.prose.lowered and has(scene.prose.lowered, text)]
    return any(not any(other.names(text) for other in rows if other is not row) for text in said)


def _numbers(value: Json) -> Iterator[tuple[str, float]]:
    """Yield the names and numbers of the fields in a value, at any depth."""
    for item in value if isinstance(value, list) else ():
        yield from _numbers(item)
    for name, below in value.items() if isinstance(value, dict) else ():
        if isinstance(below, (dict, list)):
            yield from _numbers(below)
        elif isinstance(below, (int, float)) and not isinstance(below, bool) and abs(below) < _LARGE:
            yield name, abs(float(below))


def _of_a_kind(mention: Mention, sentence: str, scene: Scene) -> Iterator[float]:
    """Yield as many of the one value of a field as the sentence counts, where it names the field: `both deposits`."""
    counts = _heads(scene.prose.sentence_at(mention.start).mentions, sentence)
    if not counts:
        return
    fields = [
        sightings
        for label, sightings in scene.seen.fields.items()
        if any(re.search(rf"\b{re.escape(word)}s?\b", sentence) for word in label.split() if word in sentence)
    ]
    values = {s.value for sightings in fields for s in sightings[-_LAST:] if of_same_unit(mention, s)}
    yield from (value * count for value in values for count in counts)


def _amounts(mention: Mention, alike: Iterable[float], scene: Scene) -> set[float]:
    """Return the amounts that the message or a field of a result names."""
    fields = scene.seen.fields.values()
    return {*alike, *(s.value for sightings in fields for s in sightings if of_same_unit(mention, s))}


def _heads(mentions: Iterable[Mention], text: str) -> set[float]:
    """Return the small numbers of some mentions, and two where the text says both or half."""
    said = {value_of(m) for m in mentions if m.unit in (None, "times") and m.kind in ("number", "word")}
    return {number for number in said if 2 <= number <= _MOST and number.is_integer()} | (
        {2.0} if _TWO.search(text) else set()
    )


def _discounts(mention: Mention, alike: list[float], scene: Scene) -> Iterator[float]:
    """Yield what a percentage that was seen takes off an amount, and the amount before that."""
    shares = shares_seen(scene)
    for amount in _amounts(mention, alike, scene) if shares else ():
        for share in shares:
            yield from (amount * share, amount / (1 - share), amount / (1 - share) - amount)


def shares_seen(scene: Scene) -> list[float]:
    """Return the percentages that were seen, as parts of one."""
    numbers = scene.seen.numbers.items()
    return [n / 100 for n, some in numbers if 0 < n < 100 and any(s.unit == "percent" for s in some)]


def _differences(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield how far apart two values of one field are."""
    for sightings in scene.seen.fields.values():
        values = {s.value for s in sightings[-_LAST:] if of_same_unit(mention, s)}
        yield from (abs(left - right) for left in values for right in values)
