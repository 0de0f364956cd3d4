"""What an assistant has seen up to a message: texts and results, and the figures, dates, times and words in them.

Most of what prose mentions stands literally in what was seen, so at first only the runs of characters are kept. All
else is read from the texts and results when a mention needs it, each once.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.verifier.prose import Mention, mentions, read

_RUN = re.compile(r"[\w#$€£@+](?:[\w#$€£@.:+/%'-]*[\w%])?")
_WORD = re.compile(r"[^\W\d_]+")
_PLAIN_NUMBER = re.compile(r"[$€£]?\d{1,12}(?:,\d{3})*(?:\.\d+)?%?")
_DIGITS = "$€£0123456789"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Parts of a field's name that say the unit and not the thing.
_UNIT_PARTS = frozenset(
    ("usd", "eur", "gbp", "cm", "mm", "km", "kg", "cents", "minutes", "hours", "days", "pct", "num")
)


class Sighting(NamedTuple):
    """A number and where it was seen.

    `message` counts from 1, 0 for what the environment tells; `where` names the place for a person. `field` is the
    field of a result or argument in words, None for prose; `row` numbers the object that has it, 0 for prose.
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
        self.text = json.dumps(content, ensure_ascii=False).lower()

    @cached_property
    def numbers(self) -> frozenset[float]:
        """The numbers in it, also those in its texts."""
        return frozenset(value for kind, value in self._values if kind != "time")

    @cached_property
    def times(self) -> frozenset[int]:
        """The times of day in it, in minutes since midnight."""
        return frozenset(int(value) for kind, value in self._values if kind == "time")

    @cached_property
    def _values(self) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        for leaf in _leaves(self.content):
            if isinstance(leaf, str):
                found += [(m.kind, m.value) for m in mentions(leaf) if isinstance(m.value, float)]
            elif isinstance(leaf, int | float) and not isinstance(leaf, bool):
                found.append(("number", abs(float(leaf))))
        return found

    def names(self, word: str) -> bool:
        """Tell whether a word, in lower case, stands in it."""
        return _has(self.text, word)


class _Heard(NamedTuple):
    text: str
    message: int
    where: str


class Received(NamedTuple):
    """What a tool was asked and answered; `answered` is False for a call whose answer is not there yet."""

    tool: str
    arguments: Mapping[str, Json]
    answered: bool
    value: Json
    message: int


class Seen:
    """Evidence in the order in which it came. All but `texts`, `runs`, `results` is up to date after `catch_up`."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.runs: set[str] = set()
        self.told: set[str] = set()
        self.results: list[Received] = []
        self.numbers: dict[float, list[Sighting]] = {}
        self.times: set[int] = set()
        self.dates: set[tuple[int, int, int]] = set()
        self.weekdays: set[int] = set()
        self.ordinals: set[float] = set()
        self.quantities: set[tuple[float, str]] = set()
        self.counts: set[int] = set()
        self.words: set[str] = set()
        self._queue: list[_Heard | Received] = []
        self._row = 0
        self._labels: set[str] = set()
        self._labelled = 0
        self._fields: dict[str, list[Sighting]] = {}
        self._fields_of = 0

    def hear(self, text: str, message: int, where: str) -> None:
        """Take a text: a prompt, a policy, what the user says."""
        if text:
            lowered, runs = _runs(text)
            self.texts.append(lowered)
            self.runs |= runs
            self.told |= runs
            self._queue.append(_Heard(text, message, where))

    def receive(self, received: Received, raw: str) -> None:
        """Take a call or its answer; `raw` is its text."""
        lowered = raw.lower()
        self.texts.append(lowered)
        self.runs.update(_RUN.findall(lowered))
        self._queue.append(received)
        if received.answered:
            self.results.append(received)

    def says(self, text: str) -> bool:
        """Tell whether a text that was seen has these characters as a whole: an id is none for a piece of it."""
        return text in self.runs or any(_has(seen, text) for seen in self.texts)

    def labels(self) -> set[str]:
        """Return the last words of the names of all fields in results so far."""
        for result in self.results[self._labelled :]:
            for key in _keys(result.value):
                self._labels.add(label_of(key).rpartition(" ")[2])
        self._labelled = len(self.results)
        return self._labels

    def fields(self) -> dict[str, list[Sighting]]:
        """Return field in words → the numbers it had in the results so far, in order."""
        if self._fields_of != len(self.results):
            self._fields, self._fields_of = fields_of(self.results), len(self.results)
        return self._fields

    def catch_up(self) -> Seen:
        """Read what has come since the last time."""
        queue, self._queue = self._queue, []
        for item in queue:
            if isinstance(item, _Heard):
                self.words.update(_WORD.findall(item.text.lower()))
                for mention in read(item.text).mentions:
                    self._add(mention, item.message, item.where, None)
            else:
                self._row += 1
                source = item.value if item.answered else dict(item.arguments)
                self._walk(source, item.message, item.tool, None)
        return self

    def _walk(self, value: Json, message: int, tool: str, field: str | None) -> None:
        if isinstance(value, str):
            self.words.update(_WORD.findall(value.lower()))
            for mention in mentions(value):
                self._add(mention, message, tool, field or "result")
        elif isinstance(value, bool) or value is None:
            return
        elif isinstance(value, int | float):
            number = abs(float(value))
            self.numbers.setdefault(number, []).append(Sighting(number, None, message, tool, field, self._row))
        elif isinstance(value, dict):
            for key, item in value.items():
                self._walk(item, message, tool, label_of(key))
                if isinstance(item, list | dict):
                    self.counts.update(_counts(item))
        else:
            self.counts.update(_counts(value))
            for item in value:
                self._row += 1
                self._walk(item, message, tool, field)

    def _add(self, mention: Mention, message: int, where: str, field: str | None) -> None:
        value = mention.value
        if isinstance(value, str):
            return
        if isinstance(value, tuple):
            self.dates.add(value)
            if not mention.exact:
                self.dates.add((value[0], value[2], value[1]))
        elif mention.kind == "time":
            self.times.add(int(value))
            if not mention.exact:
                self.times.add(int(value + 720) % 1440)
        elif mention.kind == "weekday":
            self.weekdays.add(int(value))
        elif mention.kind == "ordinal":
            self.ordinals.add(value)
        else:
            sighting = Sighting(value, mention.unit, message, where, field, self._row if field else 0)
            self.numbers.setdefault(value, []).append(sighting)
            if mention.unit is not None:
                self.quantities.add((value, mention.unit))


@lru_cache(maxsize=512)
def _runs(text: str) -> tuple[str, frozenset[str]]:
    lowered = text.lower()
    return lowered, frozenset(_RUN.findall(lowered))


def _has(text: str, wanted: str) -> bool:
    start = text.find(wanted)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(wanted) : start + len(wanted) + 1]
        if not (before.isalnum() or after.isalnum() or before == "_" or after == "_"):
            return True
        start = text.find(wanted, start + 1)
    return False


@lru_cache(maxsize=4096)
def label_of(key: str) -> str:
    """Return the name of a field in words: `frameWidth_cm` → `frame width`."""
    parts = _CAMEL.sub("_", key).lower().replace("-", "_").split("_")
    return " ".join(part for part in parts if part and part not in _UNIT_PARTS) or key.lower()


def _keys(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            if isinstance(item, list | dict):
                yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def _counts(value: Json) -> set[int]:
    """Return how many items a list has, and how many of them share a value of a field or have one at all."""
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    counts = {len(items)}
    rows = [item for item in items if isinstance(item, dict)]
    for key in {key for row in rows for key in row}:
        values = [row.get(key) for row in rows]
        counts.update(Counter(v for v in values if isinstance(v, str | bool | int)).values())
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
            if isinstance(item, dict | list):
                yield from _items(item, key)
    elif isinstance(value, list) and len(value) > 1:
        for item in value:
            if isinstance(item, dict):
                yield group, item


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def fields_of(results: list[Received]) -> dict[str, list[Sighting]]:
    """Return field in words → the numbers it had in some results, in order."""
    fields: dict[str, list[Sighting]] = {}
    row = 0

    def walk(value: Json, field: str, result: Received) -> None:
        nonlocal row
        if isinstance(value, dict):
            row += 1
            here = row
            for key, item in value.items():
                label = label_of(key)
                number = _number(item)
                if number is not None:
                    sighting = Sighting(number, None, result.message, result.tool, label, here)
                    fields.setdefault(label, []).append(sighting)
                else:
                    walk(item, label, result)
        elif isinstance(value, list):
            for item in value:
                walk(item, field, result)

    for result in results:
        walk(result.value, result.tool, result)
    return fields


def _number(value: Json) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return abs(float(value))
    if isinstance(value, str) and value[:1] in _DIGITS and _PLAIN_NUMBER.fullmatch(value):
        return float(re.sub(r"[^\d.]", "", value))
    return None


def day_of(value: tuple[int, int, int], year: int) -> date | None:
    """Return a date, in `year` where it says none; None where there is no such day."""
    try:
        return date(value[0] or year, value[1], value[2])
    except ValueError:
        return None
