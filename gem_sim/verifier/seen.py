"""What an assistant has seen up to a message: texts and results, and the figures, dates, times and words in them.

It is read in stages, each only when a mention needs it: everything as text to search in, the numbers in the fields of
results, what prompts and user say, and at last the texts in results.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.verifier.lazy import Lazy
from gem_sim.verifier.prose import Mention, mentions, read, words_in
from gem_sim.verifier.units import MEASURES, UNITS

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLAIN_NUMBER = re.compile(r"[$€£]?\d{1,12}(?:,\d{3})*(?:\.\d+)?%?")
# Larger integers are no measures, and the largest no floats either.
_BITS = 512
CONTAINERS = frozenset((dict, list))
_NUMERIC = (int, float)
# Kinds of mentions that are numbers of something.
COUNTING = ("number", "amount", "percent", "word")
_NUMBER_STARTS = "$€£0123456789"
# Words in a field's name that say what its numbers are, by unit or by dimension; `label` numbers measure nothing.
_FIELD_UNITS = (
    {spelling: unit for spelling, unit in UNITS.items() if len(spelling) > 1 and spelling not in ("in", "min", "sec")}
    | dict.fromkeys(("price", "cost", "fee", "fare", "salary", "balance", "refund", "deposit"), "money")
    | dict.fromkeys(("count", "quantity", "qty", "places", "copies", "seats", "stock"), "count")
    | dict.fromkeys(("id", "code", "zip", "phone"), "label")
    | dict.fromkeys(("pct", "percentage", "rate"), "percent")
    | dict.fromkeys(("width", "height", "length", "depth", "distance", "diameter", "size"), "length")
    | {"age": "year", "weight": "weight", "duration": "duration"}
)
_CURRENCIES = frozenset(spelling for spelling, unit in UNITS.items() if unit == "money")


class Sighting(NamedTuple):
    """A number and where it was seen.

    `unit` is the unit of its text, or the unit or dimension that its field's name says. `message` counts from 1, 0 for
    what the environment tells; `where` names the place for a person. `field` is the field of a result or argument in
    words, None for prose; `row` numbers the object that has it, 0 for prose.
    """

    value: float
    unit: str | None
    message: int
    where: str
    field: str | None = None
    row: int = 0


class Row:
    """An item of a list, or a result with what it was asked for; what is in it is read when it is asked for."""

    def __init__(self, content: Json, message: int) -> None:
        self.content = content
        self.message = message

    @Lazy
    def text(self) -> str:
        """All that is in it, in lower case, to search in."""
        return repr(self.content).lower()

    @Lazy
    def numbers(self) -> frozenset[float]:
        """The numbers in it, also those in its texts."""
        return frozenset(value for kind, value in self._values if kind != "time")

    @Lazy
    def times(self) -> frozenset[int]:
        """The times of day in it, in minutes since midnight."""
        return frozenset(int(value) for kind, value in self._values if kind == "time")

    @Lazy
    def dates(self) -> frozenset[tuple[int, int, int]]:
        """The dates in it as (year or 0, month, day)."""
        found = (m.value for leaf in leaves(self.content) if isinstance(leaf, str) for m in mentions(leaf))
        return frozenset(value for value in found if isinstance(value, tuple))

    @Lazy
    def _values(self) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        for leaf in leaves(self.content):
            if isinstance(leaf, str):
                found += [(m.kind, m.value) for m in mentions(leaf) if isinstance(m.value, float)]
            elif (number := _number(leaf)) is not None:
                found.append(("number", number))
        return found

    def names(self, word: str) -> bool:
        """Tell whether a word, in lower case, stands in it."""
        return has(self.text, word)


class _Heard(NamedTuple):
    text: str
    message: int
    where: str


class Received(NamedTuple):
    """What a tool was asked and answered; `answered` is False for a call whose answer is not there yet.

    `writes` tells whether it changed something by what the environment says of the tool, `refused` whether the answer
    reads as a refusal.
    """

    tool: str
    arguments: Mapping[str, Json]
    answered: bool
    value: Json
    message: int
    writes: bool = False
    refused: bool = False

    @property
    def text(self) -> str:
        """What the tool was asked and what it answered, in lower case."""
        return repr((dict(self.arguments), self.value)).lower()


class Asked:
    """What the user has spoken of, from which dates and times may be worked out."""

    def __init__(self) -> None:
        self.quantities: set[tuple[float, str]] = set()
        self.weekdays: set[int] = set()
        self.dates: set[tuple[int, int, int]] = set()
        self.times: set[int] = set()
        self.days: set[int] = set()
        self.hours: set[int] = set()


class Seen:
    """Evidence in the order in which it came.

    `text`, `results`, `wishes` (the user's messages), `offered` (the amounts with evidence in the assistant's last
    message) and `stated` (what has evidence in all of its messages) are always up to date; `sought` counts how often a
    number was looked for among what others come to. After `read_results` so are `fields`, `labels`, `lists`, `counts`
    and the numbers of results; after `read_told` what was said to the assistant; after `read_texts` all, with the
    numbers that stand in one text as `lines`.
    """

    def __init__(self) -> None:
        self.results: list[Received] = []
        self.fields: dict[str, list[Sighting]] = defaultdict(list)
        self.lists: list[list[Json]] = []
        self.lines: list[list[Mention]] = []
        self.numbers: dict[float, list[Sighting]] = defaultdict(list)
        self.times: set[int] = set()
        self.dates: set[tuple[int, int, int]] = set()
        self.weekdays: set[int] = set()
        self.ordinals: set[float] = set()
        self.words: set[str] = set()
        self.asked = Asked()
        self.wishes: list[str] = []
        self.offered: list[float] = []
        self.stated: list[Mention] = []
        self.sought = 0
        self._asked_words: set[str] = set()
        self._worded = 0
        self._numeric: list[Received] = []
        self._heard: list[_Heard] = []
        self._textual: list[Received] = []
        self._row = 0
        self._names: set[str] = set()
        self._named: set[str] = set()
        self._labels: set[str] = set()
        self._texts: list[str] = []
        self._text = ""
        self._counts: set[int] = set()
        self._counted = 0

    def hear(self, text: str, message: int, where: str) -> None:
        """Take a text: a prompt, a policy, what the user says."""
        if text:
            self._texts.append(text)
            self._heard.append(_Heard(text, message, where))
            if where == "the user":
                self.wishes.append(text)

    def receive(self, received: Received, raw: str) -> None:
        """Take a call or its answer; `raw` is its text."""
        self._texts.append(raw)
        self._numeric.append(received)
        self._textual.append(received)
        if received.answered:
            self.results.append(received)

    def asked_words(self) -> set[str]:
        """Return the words of all that the user has said; told without reading what else it says."""
        for wish in self.wishes[self._worded :]:
            self._asked_words |= words_in(wish)
        self._worded = len(self.wishes)
        return self._asked_words

    def since(self, message: int) -> list[Received]:
        """Return the results that came after a message."""
        first = len(self.results)
        while first and self.results[first - 1].message > message:
            first -= 1
        return self.results[first:]

    def text(self) -> str:
        """Return everything that was seen as one text in lower case."""
        if self._texts:
            self._text = "\n".join((self._text, *map(str.lower, self._texts)))
            self._texts = []
        return self._text

    def says(self, wanted: str) -> bool:
        """Tell whether these characters stand in what was seen as a whole: an id is none for a piece of it."""
        return has(self.text(), wanted)

    def counts(self) -> set[int]:
        """Return how many items the lists in results have, and how many of them share a value of a field."""
        for items in self.lists[self._counted :]:
            self._counts |= _counts(items)
        self._counted = len(self.lists)
        return self._counts

    def read_results(self) -> Seen:
        """Read the numbers of the results and arguments that have come since the last time."""
        if not self._numeric:
            return self
        received, self._numeric = self._numeric, []
        for item in received:
            if item.answered:
                self._walk(item.value, item.tool, item)
            else:
                self._walk(dict(item.arguments), item.tool, item)
        return self

    def read_told(self) -> Seen:
        """Read what prompts, policy and user have said since the last time."""
        if not self._heard:
            return self
        heard, self._heard = self._heard, []
        for item in heard:
            words = words_in(item.text)
            self.words |= words
            if item.where == "the user":
                found = read(item.text).mentions
                for mention in found:
                    self._ask(mention)
                self._add(found, item.message, item.where, None)
            else:
                sightings, others = _told(item)
                for sighting in sightings:
                    self.numbers[sighting.value].append(sighting)
                self._add(others, item.message, item.where, None)
        return self

    def read_texts(self) -> Seen:
        """Read all that has come since the last time."""
        self.read_results()
        self.read_told()
        received, self._textual = self._textual, []
        for item in received:
            for leaf in leaves(item.value if item.answered else dict(item.arguments)):
                if isinstance(leaf, str):
                    self.words |= words_in(leaf)
                    found = mentions(leaf)
                    self._add(found, item.message, item.tool, "text")
                    if len(found) > 1:
                        self.lines.append([m for m in found if m.kind in ("number", "amount", "word")])
        return self

    def _walk(self, value: Json, key: str, item: Received) -> None:
        if type(value) is dict:
            self._row += 1
            row, answered = self._row, item.answered
            if answered:
                self._names.update(value)
            for name, below in value.items():
                kind = type(below)
                if kind is dict or kind is list:
                    self._walk(below, name, item)
                elif kind in _NUMERIC or (kind is str and below[:1] in _NUMBER_STARTS):  # type: ignore[index,operator]
                    number = _number(below)
                    if number is not None:
                        label, unit = _field(name)
                        sighting = Sighting(number, unit, item.message, item.tool, label, row)
                        self.numbers[number].append(sighting)
                        if answered:
                            self.fields[label].append(sighting)
            return
        if type(value) is list:
            self.lists.append(value)
        for below in value if type(value) is list else [value]:
            if type(below) in CONTAINERS:
                self._walk(below, key, item)
            elif (number := _number(below)) is not None:
                label, unit = _field(key)
                self.numbers[number].append(Sighting(number, unit, item.message, item.tool, label, self._row))

    def labels(self) -> set[str]:
        """Return the words in the names of the fields of the results read so far that say what a field is of."""
        if len(self._names) > len(self._named):
            new = self._names - self._named
            self._named |= new
            self._labels.update(*map(_words_of_field, new))
        return self._labels

    def _add(self, found: Iterable[Mention], message: int, where: str, field: str | None) -> None:
        for mention in found:
            value, kind = mention.value, mention.kind
            if kind in COUNTING and isinstance(value, float):
                self.numbers[value].append(Sighting(value, mention.unit, message, where, field))
            elif isinstance(value, tuple):
                self.dates.add(value)
                if not mention.exact:
                    self.dates.add((value[0], value[2], value[1]))
            elif isinstance(value, str):
                continue
            elif kind == "time":
                self.times.add(int(value))
                if not mention.exact:
                    self.times.add(int(value + 720) % 1440)
            elif kind == "weekday":
                self.weekdays.add(int(value))
            else:
                self.ordinals.add(value)

    def _ask(self, mention: Mention) -> None:
        value, asked = mention.value, self.asked
        if isinstance(value, tuple):
            asked.dates.add(value)
        elif not isinstance(value, float):
            return
        elif mention.kind == "time":
            asked.times.add(int(value))
        elif mention.kind == "weekday":
            asked.weekdays.add(int(value))
        elif mention.kind == "ordinal":
            asked.days.add(int(value))
        elif mention.unit is not None:
            asked.quantities.add((value, mention.unit))
        elif value <= 24 and value == int(value):
            asked.hours.add(int(value))


# The same prompt and policy open one conversation after the other.
@lru_cache(maxsize=64)
def _told(item: _Heard) -> tuple[list[Sighting], list[Mention]]:
    """Return the numbers that a text says, as something seen, and what else it mentions."""
    found = read(item.text).mentions
    numbers = [(m.value, m.unit) for m in found if m.kind in COUNTING and isinstance(m.value, float)]
    sightings = [Sighting(value, unit, item.message, item.where) for value, unit in numbers]
    return sightings, [m for m in found if m.kind not in COUNTING]


def has(text: str, wanted: str) -> bool:
    """Tell whether some characters stand in a text as a whole."""
    start = text.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        before, after = text[start - 1 : start], text[end : end + 1]
        # The time of day follows a date behind a T.
        if after == "t" and text[end + 1 : end + 2].isdigit():
            after = ""
        if not (before.isalnum() or after.isalnum() or before == "_" or after == "_"):
            return True
        start = text.find(wanted, start + 1)
    return False


@lru_cache(maxsize=4096)
def _field(key: str) -> tuple[str, str | None]:
    """Return the name of a field in words and the unit that it says: `daysLate` → (`days late`, `day`)."""
    parts = [part for part in _CAMEL.sub("_", key).lower().replace("-", "_").split("_") if part]
    # A price per night is a price.
    telling = parts[: parts.index("per")] if "per" in parts else parts
    # So is a base in euros a month.
    telling = next(([part] for part in telling if part in _CURRENCIES), telling)
    unit = next((_FIELD_UNITS[part] for part in reversed(telling) if part in _FIELD_UNITS), None)
    return " ".join(parts), unit


@lru_cache(maxsize=4096)
def _words_of_field(key: str) -> tuple[str, ...]:
    # A unit says how a field measures, and a single letter says nothing.
    return tuple(word for word in _field(key)[0].split() if len(word) > 1 and UNITS.get(word) not in MEASURES)


def _number(value: Json) -> float | None:
    kind = type(value)
    if kind is float or (kind is int and value.bit_length() < _BITS):  # type: ignore[union-attr]
        return abs(float(value))  # type: ignore[arg-type]
    if isinstance(value, str) and value[:1] in _NUMBER_STARTS and _PLAIN_NUMBER.fullmatch(value):
        return float(re.sub(r"[^\d.]", "", value))
    return None


def _counts(items: list[Json]) -> set[int]:
    """Return how many items a list has, and how many of them share a value of a field or have one at all."""
    counts = {len(items)}
    rows = [item for item in items if isinstance(item, dict)]
    for key in {key for row in rows for key in row}:
        values = [row.get(key) for row in rows]
        counts.update(Counter(v for v in values if isinstance(v, (str, bool, int))).values())
        counts.add(sum(v not in (None, "", [], False) for v in values))
    return counts


def rows_of(results: list[Received]) -> list[list[Row]]:
    """Return the lists in some results as rows, and the results of each tool that answered more than once."""
    groups: dict[str, list[Row]] = {}
    for result in results:
        for group, item in _items(result.value, result.tool):
            groups.setdefault(f"{result.message} {group}", []).append(Row(item, result.message))
        if isinstance(result.value, dict):
            whole = Row([dict(result.arguments), result.value], result.message)
            groups.setdefault(result.tool, []).append(whole)
    return [rows for rows in groups.values() if len(rows) > 1]


def _items(value: Json, group: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                yield from _items(item, key)
    elif isinstance(value, list) and len(value) > 1:
        for item in value:
            if isinstance(item, dict):
                yield group, item


def leaves(value: Json) -> list[Json]:
    """Return the values in a JSON value that are no list and no object, in order."""
    found = list(value.values()) if type(value) is dict else [value]
    # One level at a time, so that most of the work is done in C.
    while not CONTAINERS.isdisjoint(map(type, found)):
        opened = [(v,) if type(v) not in CONTAINERS else v.values() if type(v) is dict else v for v in found]
        found = list(chain.from_iterable(opened))  # type: ignore[arg-type]
    return found


def texts_under(name: str, value: Json) -> list[str]:
    """Return the texts that stand in a value under a name, in lower case, at any depth."""
    if type(value) is dict:
        if CONTAINERS.isdisjoint(map(type, value.values())):
            text = value.get(name)
            return [text.lower()] if type(text) is str else []
        found: list[str] = []
        for key, below in value.items():
            if type(below) in CONTAINERS:
                found += texts_under(name, below)
            elif key == name and type(below) is str:
                found.append(below.lower())
        return found
    if type(value) is not list:
        return []
    return [text for below in value if type(below) in CONTAINERS for text in texts_under(name, below)]


def day_of(value: tuple[int, int, int], year: int) -> date | None:
    """Return a date, in `year` where it says none; None where there is no such day."""
    try:
        return date(value[0] or year, value[1], value[2])
    except ValueError:
        return None


def days_of(values: Iterable[tuple[int, int, int]], year: int) -> list[date]:
    """Return dates, in `year` where they say none, without those that there are not."""
    return [day for day in (day_of(value, year) for value in values) if day is not None]


def clock_text(minutes: float) -> str:
    """Return a time of day in minutes since midnight as it is written: `09:05`."""
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}"
