"""Where prose gives another value for the very thing that a result gave a value for.

A value is tied to a thing in three ways: by the name of a field beside it (`the total is 226`), by a word that names
one row of a list (`Bob at 1 pm`), and by what is counted (`4 reminders`), each only where it can mean nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, combinations, pairwise
from operator import attrgetter
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.verifier.announced import columns
from gem_sim.verifier.arithmetic import left_of_counts
from gem_sim.verifier.derive import supported
from gem_sim.verifier.prose import WORD, Mention
from gem_sim.verifier.scene import Scene, literal, names_another, of_same_unit, says, value_of
from gem_sim.verifier.seen import Row, Seen, Sighting, clock_text, rows_of
from gem_sim.verifier.units import CURRENCIES, MEASURES, SCALES, UNITS

# Between a label and its number.
_BETWEEN = "is are was were be been of at a an the now only just about around to has s exactly currently"
_CONNECTORS = frozenset((*_BETWEEN.split(), *CURRENCIES))
# How many characters on either side of a number are read for a label.
_BEFORE, _AFTER = 40, 30
# How many messages back a list still counts as what the assistant speaks of.
_RECENT = 8
# Between a name and a value said of it: `Bob at 1 pm`, `Juneau is 59`, `Large: $12`.
_OF = "at on from for is are was cost costs due starts begins ends has by comes to $ € £"
_SAID_OF = frozenset(_OF.split())
# Before a name that is not what the sentence is about.
_BESIDES = "after before than like except instead of near following"
_ASIDE = frozenset(_BESIDES.split())
_NOT_ITS = _ASIDE | {"of", "and", "or", "with", "plus", "to"}
_STOPS = str.maketrans(dict.fromkeys(".;,()|", "\n"))
# Fields whose value prose may add up anew.
_TOTALS = "total sum subtotal balance remaining left count number"
_SUMS = frozenset(_TOTALS.split())
# Words too common to tell one row from another, even at the start of a sentence.
_COMMON = "with from that this your have there which when what they also the and"
_PLAIN = frozenset(_COMMON.split())
# After a number these begin another phrase; any other word is what the number counts.
_PHRASES = (
    "and or with in of for per at on to until as so but because if now today already then which that is are each by "
    "from left here there"
)
_FUNCTION_WORDS = frozenset(_PHRASES.split())
_HAVING = re.compile(
    r"(?:(?<!may)(?<!can)(?<!could)(?<!must)(?<!should)(?<!will)(?<!would)(?<!might)(?<!not)(?<!to)\s(?:has|have|had)"
    r"|\b(?:you|we)['’]ve|\bthere (?:are|is|were)|\bi(?:['’]ve)? (?:found|see)|\bi can see)\s+"
    r"(?:(?:now|currently|only|still|got|in all|found)\s+)*$"
)
# One of these stands in whatever `_HAVING` matches.
_HAVING_HINTS = ("has", "have", "had", "'ve", "’ve", "there", "found", "see")
# What is counted in whole numbers.
_WHOLE = ("count", "night", "day")
# Words by which a message says that a value is no longer so.
_EARLIER = ("was", "were", "before", "previous", "earlier", "old", "instead", "from", "original", "first", "had")
_SMALL = 12
_MOST = 16
_WITHOUT_FIELDS = frozenset(("date", "identifier", "contact", "weekday", "ordinal"))
_DIGIT = re.compile(r"\d")
# Before the size of what a number counts, and before the whole of which a number is a part.
_COUNTED = re.compile(r"\d\s(?:[^\W\d_]+\s){1,2}of\s$")
_OF_WHICH = re.compile(r"\d\s?[a-z%]{0,3} (?:of|out of|/) $")
# Between the sides of a size: `40 x 50`, `40 cm by 50 cm`.
_BY = re.compile(r"\s?(?:[a-z]{1,2}\s?)?(?:[x×]|by)\s?")
# Behind a number that is a rate.
_PER = re.compile(r"\s?(?:/|per\b|an?\b|each\b|every\b|the\b)")
# Behind what is no size: `2 × 7 × €0.90`, `5 × 12 = 60`.
_PRODUCT = re.compile(r"\s?[x×*=]")
_PLACE: Callable[[Sighting], tuple[int, int, str]] = attrgetter("row", "message", "where")
# A word in lower case of a text of ASCII.
_ENGLISH = re.compile(r"[a-z]+")
# The first word behind a number, or the end of its phrase.
_WORD_OR_STOP = re.compile(rf"{WORD.pattern}|\n")
_NUMBERS = ("number", "amount", "percent")
_COUNTS = ("number", "word")
_SAID_OF_ROWS = (*_NUMBERS, "time")
# An id that an amount directly follows, and what may stand behind the amount: `K1 costs 12 euros and`, no rate.
_PRICED = re.compile(r"(?:^|[\s(])([A-Za-z]{1,4}[-_]?\d{1,8}) (?:(?:costs?|is|comes to|at|for) )?(?:[$€£] ?)?$")
# Before a name that others stand before: `Polo, Golf and the`.
_LISTED = re.compile(r"\b([^\W\d_]{3,})(?:,| and| or|, and|, or)(?: [^\W\d_]+){0,3} $")
_LESS = re.compile(r"\bdiscount|\boff\b|\bpercent\b|%")
_ID = re.compile(r"\b[a-z]{1,4}[-_]?\d{1,8}\b")
_PRICE_ENDS = re.compile(r"\s*(?:$|[.,;!?\n)]|(?:and|or|for|while|but)\b)")


class Contradiction(NamedTuple):
    """A mention that contradicts a result: a sentence for a person, and the values."""

    mention: Mention
    message: str
    evidence: dict[str, Json]


def contradictions(scene: Scene) -> Iterator[Contradiction]:
    """Yield the mentions of a message that contradict what the results so far say of the same thing."""
    seen = scene.seen
    kinds = scene.prose.kinds
    if not seen.results or kinds <= _WITHOUT_FIELDS:
        return
    labels = seen.read_results().labels()
    lowered = scene.prose.lowered
    named = [] if kinds.isdisjoint(_NUMBERS) else list(filter(lowered.__contains__, labels))
    phrases = lowered.translate(_STOPS) if named else lowered
    counts = seen.lists and not kinds.isdisjoint(_COUNTS) and any(map(lowered.__contains__, _HAVING_HINTS))
    for mention in scene.prose.mentions if named or counts else ():
        if named and mention.kind in _NUMBERS:
            label = _label(phrases, mention, named)
            if label is not None:
                yield from _other_value(mention, label, scene)
        if counts and mention.unit is None and mention.kind in _COUNTS:
            yield from _other_count(mention, lowered, scene)
    if not kinds.isdisjoint(_SAID_OF_ROWS):
        yield from _other_row(scene)
    if "amount" in kinds:
        yield from _other_amount(scene)
    if "number" in kinds:
        yield from _other_size(scene)


class _Label(NamedTuple):
    """Words beside a number: two of them, or one; `follows` tells that they stand behind it."""

    names: tuple[str, str]
    follows: bool


def _label(phrases: str, mention: Mention, labels: Sequence[str]) -> _Label | None:
    """Return the words beside a number that name a field, those before it rather than those after it.

    `phrases` is the text in lower case, each phrase on a line of its own.
    """
    phrase = phrases[max(0, mention.start - _BEFORE) : mention.start].rpartition("\n")[2]
    before = _words(phrase) if any(map(phrase.__contains__, labels)) else []
    # `20 doses of 6.4 ml`: the word is what the number before it counts.
    if before and before[-1] == "of" and _COUNTED.search(phrase):
        before = []
    while before and before[-1] in _CONNECTORS:
        before.pop()
    # `will cost 225` names no field `cost`.
    if before and before[-1] in labels and not (len(before) > 1 and before[-2] in ("will", "would", "to", "not")):
        following = WORD.match(phrases, mention.end + 1)
        # `the price of 2 books`: what follows is what the number counts.
        counts = mention.unit is None and following is not None and following.group() not in _FUNCTION_WORDS
        return None if counts else _Label((" ".join(before[-2:]), before[-1]), follows=False)
    first = _WORD_OR_STOP.search(phrases, mention.end, mention.end + _AFTER)
    if first is None or first.group() not in labels or first.group() in _FUNCTION_WORDS:
        return None
    # `5 × 42 tax`, and `465 of 500 GB used`: the word goes with another number.
    if _DIGIT.search(phrases, mention.end, first.start()) or _OF_WHICH.search(
        phrases, max(0, mention.start - _BEFORE), mention.start
    ):
        return None
    after = _words(phrases[mention.end : mention.end + _AFTER].partition("\n")[0])
    # `3 full days`: what the number counts are days.
    if len(after) > 1 and after[1] not in _FUNCTION_WORDS and after[1] not in labels:
        return None
    # `Room 12 25 minutes`: the words are the other number's.
    # `40-liter bags`: how large they are, not how many.
    goes_on = phrases[mention.end : mention.end + 2].strip().isdigit() or "-" in mention.text
    return None if goes_on else _Label((" ".join(after[:2]), after[0]), follows=True)


def _words(phrase: str) -> list[str]:
    """Return the words of a phrase in lower case, in order."""
    return (_ENGLISH if phrase.isascii() else WORD).findall(phrase)


def _other_value(mention: Mention, label: _Label, scene: Scene) -> Iterator[Contradiction]:
    fields = scene.seen.fields
    name, named = label.names[0], _named(fields, label.names[0])
    if not named:
        name, named = label.names[1], _named(fields, label.names[1])
    if not _PER.match(scene.prose.text, mention.end):
        named = [field for field in named if not _is_rate(field)]
    known = [sighting for field in named for sighting in fields[field] if _comparable(mention, sighting)]
    if any(equal(mention, sighting) for sighting in known):
        yield from _stale(mention, name, known, scene)
        return
    if not known or said_by_others(mention, scene, by_user=label.follows) or _taken(mention, label, known, scene):
        return
    if label.follows and _counts_otherwise(mention, label, known, scene):
        return
    # What another field of the same row has is mixed up; what stands elsewhere, or adds up, may be another matter.
    whole = name in fields and " " in name
    others = [s for every in fields.values() for s in every if equal(mention, s) and _comparable(mention, s)]
    if not whole and not {sighting.row for sighting in known} & {sighting.row for sighting in others}:
        adds_up = mention.kind == "amount" or name in _SUMS
        if others or _adds_up(mention, known) or (adds_up and supported(mention, scene)):
            return
    # What has been written since may have changed it.
    changed = any(result.writes and result.message > known[-1].message for result in scene.seen.results)
    if not changed and not _is_of_another(mention, known[-1], scene):
        yield _contradiction(mention, name, known[-1])


def _is_of_another(mention: Mention, sighting: Sighting, scene: Scene) -> bool:
    """Tell whether the sentence names an id, and none that the answer with a sighting, or its call, has."""
    answers = [result for result in scene.seen.results if result.message == sighting.message]
    return bool(answers) and names_another(scene.prose.sentence_at(mention.start), answers)


def _counts_otherwise(mention: Mention, label: _Label, known: list[Sighting], scene: Scene) -> bool:
    """Tell whether what follows a number is what it counts: of several things together, or as was told before."""
    if mention.unit is not None:
        return False
    several = len({sighting.value for sighting in known}) > 1
    return several or scene.seen.says(f"{mention.text.lower()} {label.names[1]}")


def _is_rate(field: str) -> bool:
    """Tell whether a field says so much for each of a measure: `dose mg per kg`, of which a dose is another number."""
    _, per, measure = field.rpartition(" per ")
    return bool(per) and UNITS.get(measure) in MEASURES


def _adds_up(mention: Mention, known: list[Sighting]) -> bool:
    """Tell whether a number is the sum, the mean, or a difference of the values of the field it is beside."""
    if mention.unit is not None and mention.kind != "amount":
        return False
    values = [sighting.value for sighting in known]
    results = [sum(values), sum(values) / len(values), *map(sum, columns(known).values())]
    results += [total for first in range(len(values)) for total in accumulate(values[first : first + _MOST])]
    results += (abs(a - b) for a, b in combinations(values[:_MOST], 2))
    return len(values) > 1 and any(says(result, mention) for result in results)


def _taken(mention: Mention, label: _Label, known: list[Sighting], scene: Scene) -> bool:
    """Tell whether the label goes with the number before it: `225 in total: 185 for …`."""
    earlier = [other for other in scene.prose.mentions if other.end <= mention.start]
    if label.follows or not earlier or not any(equal(earlier[-1], sighting) for sighting in known):
        return False
    between = scene.prose.text[earlier[-1].end : mention.start].lower()
    return re.fullmatch(rf"\W*(?:in |as |for )?(?:the )?{re.escape(label.names[1])}\W*", between) is not None


def _stale(mention: Mention, name: str, known: list[Sighting], scene: Scene) -> Iterator[Contradiction]:
    """Yield a value a field had earlier, where the answers just given have one other that the message does not say."""
    last = [sighting for sighting in known if sighting.message > scene.spoken]
    if len(last) != 1 or any(equal(other, last[0]) for other in scene.prose.mentions):
        return
    if _is_of_another(mention, last[0], scene):
        return
    if said_by_others(mention, scene):
        return
    before = scene.prose.text[max(0, mention.start - 60) : mention.end + 40].lower()
    if not any(word in before for word in _EARLIER):
        yield _contradiction(mention, name, last[0])


def _contradiction(mention: Mention, name: str, sighting: Sighting) -> Contradiction:
    shown = f"{sighting.value:g}"
    message = f"{name!r} is {mention.text} here, and {shown} in the answer of {sighting.where}"
    evidence: dict[str, Json] = {"seen": shown, "field": sighting.field, "seen_in_message": sighting.message}
    return Contradiction(mention, message, evidence)


def _named(fields: Iterable[str], name: str) -> list[str]:
    """Return the fields that have a name among their words."""
    return [field for field in fields if name in field and f" {name} " in f" {field} "]


def _comparable(mention: Mention, sighting: Sighting) -> bool:
    """Tell whether a number of a mention's unit could stand in the field: equal units, convertible ones, or none."""
    if mention.places and sighting.unit in _WHOLE and sighting.value.is_integer():
        return False
    if of_same_unit(mention, sighting) or mention.unit == "percent":
        return sighting.unit not in ("label", "count") or mention.unit is None
    left, right = SCALES.get(mention.unit or ""), SCALES.get(sighting.unit or "")
    return left is not None and right is not None and left[0] == right[0]


def equal(mention: Mention, sighting: Sighting) -> bool:
    """Tell whether a mention says the number of a field: as it is, rounded, converted."""
    value = mention.value
    if not isinstance(value, float):
        return False
    unit, number = mention.unit, sighting.value
    if unit == "percent":
        number *= 100 if number <= 1 and number != value else 1
    elif unit != sighting.unit and unit in SCALES and sighting.unit in SCALES:
        left, right = SCALES[unit], SCALES[sighting.unit]
        number *= right[1] / left[1] if left[0] == right[0] else 1
    if number == value:
        return True
    # What no float is large enough for, in smaller units, is not finite.
    return not float(number).is_integer() and abs(number - value) <= 0.5 * 10.0**-mention.places + 1e-9


def said_by_others(mention: Mention, scene: Scene, *, by_user: bool = False) -> bool:
    """Tell whether the user, or a prompt, named the number with that unit; rules are full of small numbers."""
    value = mention.value
    if not isinstance(value, float):
        return False
    by_user = by_user or (value <= _SMALL and mention.unit is None)
    sightings = [s for s in scene.seen.read_told().numbers.get(value, ()) if s.field is None]
    return any(of_same_unit(mention, s) for s in sightings if s.where == "the user" or not by_user)


def _other_count(mention: Mention, text: str, scene: Scene) -> Iterator[Contradiction]:
    """Yield a number of things that there are, where no list that was seen has as many.

    What has been written since a list was seen may have made it longer or shorter by one each.
    """
    value = mention.value
    noun = WORD.match(text, mention.end + 1)
    results = scene.seen.results
    if noun is None or not isinstance(value, float) or noun.group() in UNITS or noun.group() in _FUNCTION_WORDS:
        return
    if _HAVING.search(text, max(0, mention.start - 40), mention.start) is None:
        return
    writes = sum(result.writes for result in results)
    counts = scene.seen.counts()
    known = {count + change for count in counts for change in range(-writes, writes + 1)}
    lengths = [len(items) for items in scene.seen.lists[-_MOST:]]
    known |= {sum(pair) for pair in combinations(lengths, 2)}
    # `6 crates to load` may be those of several rows.
    fields = scene.seen.fields
    for values in ([sighting.value for sighting in fields[name][-_MOST:]] for name in _named(fields, noun.group())):
        known |= {int(sum(some)) for some in (values, *combinations(values, 2), *combinations(values, 3))}
    if value in known or _said(value, scene) or value in _left(scene.seen):
        return
    message = f"{mention.text} {noun.group()} here, and no list that was seen has so many"
    evidence: dict[str, Json] = {"seen": list(sorted(counts)[:12]), "seen_in_message": results[-1].message}
    yield Contradiction(mention, message, evidence)


def _left(seen: Seen) -> set[float]:
    """Return what is left of counts: how far a count and a bare number of the same row are apart."""
    rows: dict[int, list[Sighting]] = {}
    for sightings in seen.fields.values():
        for sighting in sightings[-_MOST:]:
            rows.setdefault(sighting.row, []).append(sighting)
    return {left for row in rows.values() for left in left_of_counts(row)}


def _said(value: float, scene: Scene) -> bool:
    """Tell whether a result or the user named a number that may count things.

    That a rule names it says nothing of how many there are, nor does a price or a length.
    """
    sightings = scene.seen.read_texts().numbers.get(value, ())
    counting = [sighting for sighting in sightings if sighting.unit not in SCALES]
    return any(sighting.field is not None or sighting.where == "the user" for sighting in counting)


def _other_row(scene: Scene) -> Iterator[Contradiction]:
    """Yield a time or number that directly follows the name of one entry of a list, and only another entry has it."""
    lists: list[list[Row]] | None = None
    for mention in scene.prose.mentions:
        name = _name_before(scene.prose.text, mention) if mention.kind in _SAID_OF_ROWS else None
        if name is None:
            continue
        if lists is None:
            lists = _recent_lists(scene)
        # `Room 14` is a name.
        if any(row.names(f"{name} {mention.text.lower()}") for members in lists for row in members):
            continue
        for members in lists:
            if not _one_of_several(scene.prose.text, mention, name, members):
                yield from _of_another(mention, name, members, scene)


def _one_of_several(text: str, mention: Mention, name: str, members: list[Row]) -> bool:
    """Tell whether a value is no plain value of the row: in the order of names, discounted."""
    before = text[max(0, mention.start - 80) : mention.start].lower()
    if mention.kind == "amount" and _LESS.search(before):
        return True
    match = _LISTED.search(before[: before.rfind(name)])
    return match is not None and any(row.names(match[1]) for row in members)


def _other_amount(scene: Scene) -> Iterator[Contradiction]:
    """Yield an amount said of one id that only another entry of its list has: `K1 costs 18 euros and D1 12 euros`."""
    text = scene.prose.text
    whole: list[Row] = []
    lists: list[list[Row]] | None = None
    for mention in scene.prose.mentions:
        if mention.kind != "amount" or not _PRICE_ENDS.match(text, mention.end):
            continue
        line = text[max(text.rfind("\n", 0, mention.start) + 1, mention.start - 60) : mention.start]
        match = _PRICED.search(line)
        if match is None or (line[: match.start(1)].split() or [""])[-1].lower() in _NOT_ITS:
            continue
        name = match[1].lower()
        if lists is None:
            lists = _recent_lists(scene)
            whole = [Row([dict(result.arguments), result.value], result.message) for result in scene.seen.results]
        if any(_worked_out(row, mention) for row in whole if row.names(name)):
            continue
        for members in lists:
            # An answer that names none of those that have the amount may speak of the one named.
            owners = {found for row in members if _holds(row, mention) for found in _ID.findall(row.text)}
            if all(owners.intersection(_ID.findall(row.text)) for row in whole if _holds(row, mention)):
                yield from _of_another(mention, name, members, scene, by_user=True)


def _worked_out(row: Row, mention: Mention) -> bool:
    """Tell whether a row has an amount, or numbers that it may be worked out from."""
    value, numbers = value_of(mention), sorted(row.numbers)[:_MOST]
    if _holds(row, mention) or any(number > 1 and value / number in range(1, _SMALL + 1) for number in numbers):
        return True
    return any(value in (a + b, abs(a - b), a * b) for a, b in combinations(numbers, 2))


def _other_size(scene: Scene) -> Iterator[Contradiction]:
    """Yield a size whose sides were both seen, and nowhere together: a side that belongs to something else."""
    for first, second in pairwise(scene.prose.mentions):
        if first.kind != "number" or second.kind != "number":
            continue
        if not _BY.fullmatch(scene.prose.text, first.end, second.start) or _PRODUCT.match(scene.prose.text, second.end):
            continue
        # Nearly always the fields of a result, or what was said, have both; only where not the texts are read.
        places = _places_of(first, second, scene.seen)
        if not places[0].isdisjoint(places[1]):
            continue
        # A side that had to be worked out stands nowhere, alone or together.
        if not (literal(first, scene) and literal(second, scene)):
            continue
        places = _places_of(first, second, scene.seen.read_texts())
        if places[0] and places[1] and places[0].isdisjoint(places[1]):
            said = scene.prose.text[first.start : second.end]
            message = f"{said!r} is the size of nothing seen: its sides stand in different places"
            seen: list[Json] = [f"{where}, message {at}" for side in places for _, at, where in sorted(side)[:2]]
            yield Contradiction(second, message, {"seen": seen})


def _places_of(first: Mention, second: Mention, seen: Seen) -> list[set[tuple[int, int, str]]]:
    """Return the rows, messages and tools where each of two numbers was read so far."""
    return [set(map(_PLACE, seen.numbers.get(value_of(side), ()))) for side in (first, second)]


def _name_before(text: str, mention: Mention) -> str | None:
    """Return the name, in lower case, that a value directly follows; None where none does."""
    before = text[max(0, mention.start - 60) : mention.start]
    # Most numbers have no name before them, and many no capital letter.
    if before.islower():
        return None
    words = before.split()
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


def _of_another(
    mention: Mention, name: str, members: list[Row], scene: Scene, *, by_user: bool = False
) -> Iterator[Contradiction]:
    named = [row for row in members if row.names(name)]
    if len(named) != 1 or _holds(named[0], mention) or _told(mention, scene, by_user=by_user):
        return
    # `Two Margheritas are $19`.
    if mention.kind == "amount" and _worked_out(named[0], mention):
        return
    if any(_holds(other, mention) for other in members):
        row = named[0]
        values: list[Json] = [*sorted(row.numbers), *map(clock_text, sorted(row.times))]
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


def _told(mention: Mention, scene: Scene, *, by_user: bool) -> bool:
    if mention.kind == "time":
        return mention.value in scene.seen.read_texts().asked.times or scene.seen.says(mention.text.lower())
    return said_by_others(mention, scene, by_user=by_user)
