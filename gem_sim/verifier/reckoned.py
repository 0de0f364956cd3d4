"""What somebody reckons at a counter: prices times counts, sums of those, what a share takes off, each one's part.

The prices are those of the message, of the rows that the message or the user just named, and of the rules; the counts
are those that the message or the user just said. Prices of rows nobody speaks of would reach too much, and so would
sums in which a count could go with any price: there it goes with what it stands before.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations, product

from gem_sim.verifier.announced import shares_seen
from gem_sim.verifier.letters import folded
from gem_sim.verifier.prose import WORD, Mention, Prose, read
from gem_sim.verifier.scene import Line, Scene, is_hedged, literal, value_of
from gem_sim.verifier.seen import Row, leaves, rows_of
from gem_sim.verifier.units import CURRENCIES, SCALES, UNITS

# More than these would come to nearly any amount.
_PRICES, _COUNTS, _LINES, _ADDED = 12, 5, 6, 4
# Of longer lists nobody names a row.
_ROWS = 100
# How many mentions on either side of one count as standing with it.
_AROUND = 24
_LARGEST = 24
# What is larger is no amount.
_BEYOND = 1e15
# Amounts are told to the cent.
_CENT = 0.006
# So many messages of the user are what is spoken of; of one of them many say no more than yes.
_LAST = 2
# How many words may stand between a count and what it counts: `two rolls of red tape`.
_BETWEEN = 3
_TOTAL = re.compile(
    r"\b(?:(?:al)?together|in all|total\w*|sums?|com(?:e|es|ing) to|adds? up|makes?|combined|overall|all in|bring\w*"
    r"|(?:would|will|'d|’d) (?:then )?(?:be|cost|pay|come|owe|have)|(?:is|are) due|plus|so)\b",
    re.IGNORECASE,
)
_PARTED = re.compile(
    r"\d(?: euros?| pounds?| dollars?)? an? \w+|\b(?:each|apiece|per \w+|a (?:person|head|ticket|seat|piece|night|day)"
    r"|split|shared?|divided?|half)\b",
    re.IGNORECASE,
)
_SHARED = re.compile(
    r"%|\b(?:per ?cent|off|less|discount\w*|reduc\w+|save[sd]?|saving|rebate|refund\w*|back|keeps?|kept|deduct\w*"
    r"|retain\w*|members?|as an? \w+|instead|fee|deposit|down|due)\b",
    re.IGNORECASE,
)
_APART = re.compile(
    r"\b(?:more|less|left|leaves?|remain\w*|keeps?|over|under|above|below|short|missing|change|difference|back|save[sd]?"
    r"|dearer|cheaper|spare|rest|other|to (?:pay|go)|open|outstanding|ow(?:e|es|ed|ing)|due|charged)\b",
    re.IGNORECASE,
)
_BY_TWO = r"\W*\w*\W*(?:an?|per|each|every) \w+,? (?:and|per|an?|each|every) (?:per |an? )?\w+"
_RATES = re.compile(rf"\brate\b|\b(?:{'|'.join(CURRENCIES)})\b")
_PER_UNIT = re.compile(
    r"\b(?:per|an?) (kilo|kg|kilogram|lit(?:re|er)|met(?:re|er)|mile|km|g|gram|lb|pound|foot)\b", re.IGNORECASE
)
_PAIR = re.compile(
    r"\b(?:both|half|couple|pair|twice|double|(?:my|our|the) \w+ and (?:I|me|myself)|two of us)\b", re.IGNORECASE
)
_WEEK = re.compile(r"\b(?:a|one|the|whole|full|per) week\b", re.IGNORECASE)


def reckoned(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield what the prices and counts that are spoken of come to; to the cent, unless the text says *about*."""
    slack = _CENT if not is_hedged(mention, scene) else math.inf
    return (amount for amount in _reached(mention, scene) if abs(amount - value_of(mention)) < slack)


def _reached(mention: Mention, scene: Scene) -> Iterator[float]:
    sentence = scene.prose.sentence_at(mention.start).text
    own, named, rules = _own(mention, scene), _named(scene), _rules(mention, scene)
    prices = list(dict.fromkeys([*own, *(line.price for line in named), *rules]))[:_PRICES]
    counts = _counts(mention, scene, prices)
    wished = sorted(number for number, unit in scene.seen.asked.quantities if unit == mention.unit)
    single = [*prices, *(price * count for price in prices for count in counts)]
    yield from single
    yield from _exchanged(mention, prices, scene)
    twice = [rule for rule in rules if _is_by_two(rule, scene)]
    yield from (rule * one * other for rule in twice for one, other in product(counts, repeat=2))
    if _TOTAL.search(sentence):
        known = {line.price for line in named}
        lines = [*named, *(Line(price, (1.0,)) for price in (*wished, *own) if price not in known)]
        yield from _sums(lines[-_LINES:])
    shares = shares_seen(scene) if _SHARED.search(sentence) else []
    less = [amount * part for amount in single for share in shares for part in (1 - share, share)]
    yield from less
    if _PARTED.search(sentence):
        heads = [*_counts(mention, scene, prices, of=(None,)), *_measures(sentence, scene)]
        yield from (amount / count for amount in (*single, *less) for count in heads)
    if _APART.search(sentence):
        yield from (abs(amount - other) for amount in single for other in (*wished, *prices))


def _exchanged(mention: Mention, prices: list[float], scene: Scene) -> Iterator[float]:
    """Yield amounts at a rate that the message or an answer names: 1.09 francs to the pound."""
    around = [other for other in scene.prose.around(mention, _AROUND) if other is not mention]
    rates = [value_of(m) for m in around if m.kind == "number" and m.unit is None and not value_of(m).is_integer()]
    fields = scene.seen.fields.items()
    rates += [s.value for label, some in fields if _RATES.search(label) for s in some[-_ADDED:]]
    wished = [number for number, unit in scene.seen.asked.quantities if unit in ("money", "lb")]
    yield from (amount * rate for amount in (*prices, *wished) for rate in rates)


def multiples(mention: Mention, scene: Scene) -> Iterator[float]:
    """Yield what several of a weight, a length or a volume that was seen come to: three bales of 2 kg."""
    seen = [n for n, some in scene.seen.numbers.items() if any(s.unit == mention.unit for s in some)][:_PRICES]
    answered = {s.value for some in scene.seen.fields.values() for s in some[-_LAST:] if s.unit == "count"}
    counts = {*_counts(mention, scene, []), *(count for count in answered if 1 < count <= _LARGEST)}
    several = [number * count for number in seen for count in counts]
    yield from several
    if _APART.search(scene.prose.sentence_at(mention.start).text):
        yield from (abs(number - other) for number in several for other in seen)


def _sums(lines: list[Line]) -> Iterator[float]:
    """Yield the sums of two to four prices, each as often as it is counted."""
    for size in range(2, _ADDED + 1):
        for some in combinations(lines, size):
            for times in product(*(line.times for line in some)):
                yield sum(line.price * count for line, count in zip(some, times, strict=True))


def _own(mention: Mention, scene: Scene) -> list[float]:
    """Return the amounts with evidence around a mention and in the last message, bare known prices among them."""
    found = []
    for other in scene.prose.around(mention, _AROUND):
        if other is mention or other.kind not in ("amount", "number") or other.unit not in (None, "money", "cent"):
            continue
        if other.kind == "number" and not _is_price(value_of(other), scene):
            continue
        if other.start in scene.accepted or literal(other, scene):
            found.append(value_of(other))
    return list(dict.fromkeys([*found, *scene.seen.offered]))


def _is_price(number: float, scene: Scene) -> bool:
    return _price(number, scene) == number or _price(100 * number, scene) == number


def _price(number: float, scene: Scene) -> float | None:
    """Return what a number of a field or a text is as an amount, cents turned, None where it is none."""
    units = {sighting.unit for sighting in scene.seen.numbers.get(number, ())}
    return number if "money" in units else number / 100 if "cent" in units else None


def _rules(mention: Mention, scene: Scene) -> list[float]:
    """Return the amounts that the rules name; pounds there are money where the message speaks of money."""
    units = (mention.unit or "money", "lb") if mention.unit in (None, "money") else (mention.unit,)
    numbers = scene.seen.numbers.items()
    return [
        number
        for number, some in numbers
        if number and any(s.field is None and s.where != "the user" and s.unit in units for s in some)
    ]


def _is_by_two(rule: float, scene: Scene) -> bool:
    """Tell whether a rule has a price by two counts: `14 euros a person and night`."""
    return re.search(rf"\b{re.escape(f'{rule:g}')}\b{_BY_TWO}", scene.seen.text()) is not None


def _named(scene: Scene) -> list[Line]:
    """Return the prices of the rows that the message or the user names by a text no other row of their list has."""
    if not scene.named:
        scene.named.append(_look_for_named(scene))
    return scene.named[0]


def _look_for_named(scene: Scene) -> list[Line]:
    texts = [scene.prose, *_wishes(scene)]
    words = {_plain(word) for text in texts for word in text.words}
    found: dict[float, tuple[float, ...]] = {}
    latest = (result for result in scene.seen.results[-_LAST:] if not rows_of([result]))
    alone = [[Row(result.value, result.message)] for result in latest]
    for rows in (*rows_of(scene.seen.results), *alone):
        own = [{leaf.lower() for leaf in leaves(row.content) if isinstance(leaf, str)} for row in rows[:_ROWS]]
        often = Counter(name for names in own for name in names)
        for row, names in zip(rows, own, strict=False):
            said = [name for name in names if often[name] == 1 and _is_said(name, words, scene)]
            for price in (_price(number, scene) for number in (_numbers(row) if said else ())):
                if price is not None:
                    found[price] = tuple(dict.fromkeys((1.0, *found.get(price, ()), *_times(said, texts))))
    return [Line(price, times) for price, times in found.items()]


def _is_said(name: str, words: set[str], scene: Scene) -> bool:
    if any(map(str.isdigit, name)):
        return name in scene.prose.lowered
    parts = [_plain(word) for word in WORD.findall(name)]
    return bool(parts) and words.issuperset(parts)


def _times(names: Iterable[str], texts: Iterable[Prose]) -> tuple[float, ...]:
    """Return the counts that stand before one of some names."""
    firsts = {_plain(word) for name in names for word in WORD.findall(name)}
    found = []
    for text in texts:
        for mention in text.mentions:
            if _may_count(mention):
                following = WORD.findall(text.lowered, mention.end)[: _BETWEEN + 1]
                found += [value_of(mention)] if firsts.intersection(map(_plain, following)) else []
    return tuple(dict.fromkeys(found))[:2]


def _numbers(row: Row) -> list[float]:
    numbers = (n for n in leaves(row.content) if isinstance(n, (int, float)) and not isinstance(n, bool))
    return [float(number) for number in numbers if 0 < number < _BEYOND]


def _wishes(scene: Scene) -> list[Prose]:
    """Return what the user said last."""
    return [read(wish) for wish in scene.seen.wishes[-_LAST:]]


def _plain(word: str) -> str:
    """Return a word without the ending of the plural."""
    return word.removesuffix("es") if word.endswith(("xes", "zes", "ses")) else word.removesuffix("s")


def _may_count(mention: Mention) -> bool:
    value = value_of(mention)
    counts = mention.kind in ("number", "word") and mention.unit not in ("percent", "money")
    return counts and 1 < value <= _LARGEST and value.is_integer()


def _counts(
    mention: Mention, scene: Scene, prices: list[float], of: tuple[str | None, ...] | None = None
) -> list[float]:
    """Return how many of something the message and the user speak of, the message's own sentence first.

    With `of` only what is counted in one of those units, None among them for what has none.
    """
    own = [*scene.prose.sentence_at(mention.start).mentions[:_AROUND], *scene.prose.around(mention, _AROUND)]
    own += [m for wish in _wishes(scene) for m in wish.mentions]
    found = [value_of(m) for m in own if m is not mention and _may_count(m) and (of is None or m.unit in of)]
    texts = [scene.prose.text, *scene.seen.wishes[-_LAST:]]
    found += [2.0] if any(map(_PAIR.search, texts)) else []
    found += [7.0] if any(map(_WEEK.search, texts)) else []
    return [count for count in dict.fromkeys(found) if count not in prices][:_COUNTS]


def _measures(sentence: str, scene: Scene) -> list[float]:
    """Return what the message, or an answer, measures in the unit that a price is said by: `5 euros a kilo`."""
    per = _PER_UNIT.search(sentence)
    scale = SCALES.get(UNITS[folded(per[1])]) if per is not None else None
    if scale is None:
        return []
    found = [0.5] if re.search(r"\bhalf an? ", sentence, re.IGNORECASE) else []
    for mention in scene.prose.mentions[:_AROUND]:
        other = SCALES.get(mention.unit or "")
        found += [value_of(mention) * other[1] / scale[1]] if other is not None and other[0] == scale[0] else []
    for number, some in scene.seen.numbers.items():
        units = (SCALES.get(sighting.unit or "") for sighting in some)
        found += [number * other[1] / scale[1] for other in units if other is not None and other[0] == scale[0]]
    return [part for part in dict.fromkeys(found) if part > 0][:_PRICES]
