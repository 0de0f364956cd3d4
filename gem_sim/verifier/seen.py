"""What an assistant has seen up to a message: figures, times, dates and words, each with where it stood.

Texts and results are queued as the conversation goes on and read only when a claim needs them, each once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.verifier.prose import Mention, mentions, sentences

_WORDS = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Parts of a field's name that say the unit and not the thing.
_UNIT_PARTS = frozenset(
    ("usd", "eur", "gbp", "cm", "mm", "km", "kg", "cents", "minutes", "hours", "days", "pct", "num")
)


class Sighting(NamedTuple):
    """A value and where it was seen.

    `message` counts from 1, 0 for what the environment tells. `where` names the place for a person; `field` is the
    field of a result, in words, None for prose; `row` numbers the row or result that held it, 0 for prose.
    """

    value: float
    unit: str | None
    message: int
    where: str
    field: str | None = None
    row: int = 0


class Row(NamedTuple):
    """An item of a list, or a result with the arguments that asked for it; those of one `group` belong together."""

    group: str
    words: frozenset[str]
    numbers: frozenset[float]
    times: frozenset[int]
    message: int


class _Heard(NamedTuple):
    text: str
    message: int
    where: str


class _Received(NamedTuple):
    value: Json
    arguments: Mapping[str, Json]
    message: int
    tool: str


class Seen:
    """Evidence, in the order in which it came; the attributes are up to date after `catch_up`."""

    def __init__(self) -> None:
        self.numbers: dict[float, list[Sighting]] = {}
        self.times: dict[int, Sighting] = {}
        self.dates: dict[tuple[int, int, int], Sighting] = {}
        self.weekdays: set[int] = set()
        self.ordinals: set[float] = set()
        self.fields: dict[str, list[Sighting]] = {}
        self.counts: dict[str, set[int]] = {}
        self.words: set[str] = set()
        self._received: list[_Received] = []
        self._rows: list[Row] = []
        self._rows_read = 0
        self.texts: list[str] = []
        self.durations: set[tuple[float, str]] = set()
        self._queue: list[_Heard | _Received] = []
        self._row = 0

    def hear(self, text: str, message: int, where: str) -> None:
        """Take a text: a prompt, what the user says, a policy."""
        self._queue.append(_Heard(text, message, where))

    def receive(self, value: Json, arguments: Mapping[str, Json], message: int, tool: str) -> None:
        """Take the answer of a tool, or with the answer None the arguments of a call alone."""
        self._queue.append(_Received(value, arguments, message, tool))

    def catch_up(self) -> Seen:
        """Read what has come since the last time."""
        queue, self._queue = self._queue, []
        for item in queue:
            if isinstance(item, _Heard):
                self._read_text(item.text, item.message, item.where, None)
            else:
                self._row += 1
                self._walk(item.arguments, item.message, item.tool, None)  # type: ignore[arg-type]
                self._walk(item.value, item.message, item.tool, None)
                self.counts.setdefault(item.tool, set())
                self._received.append(item)
        return self

    def _read_text(self, text: str, message: int, where: str, field: str | None) -> None:
        lowered = text.lower()
        self.texts.append(lowered)
        self.words.update(_WORDS.findall(lowered))
        for mention in mentions(text) if field is not None else (m for s in sentences(text) for m in s.mentions):
            self._add(mention, message, where, field)

    def _add(self, mention: Mention, message: int, where: str, field: str | None) -> None:
        value = mention.value
        if isinstance(value, str):
            return
        if isinstance(value, tuple):
            self.dates.setdefault(value, Sighting(value[2], "date", message, where, field, self._row))
            if not mention.exact:
                self.dates.setdefault((value[0], value[2], value[1]), Sighting(0, "date", message, where))
            return
        sighting = Sighting(value, mention.unit, message, where, field, self._row)
        if mention.kind == "time":
            self.times.setdefault(int(value), sighting)
            if not mention.exact:
                self.times.setdefault(int(value + 720) % 1440, sighting)
        elif mention.kind == "weekday":
            self.weekdays.add(int(value))
        elif mention.kind == "ordinal":
            self.ordinals.add(value)
        else:
            self.numbers.setdefault(value, []).append(sighting)
            if mention.unit is not None:
                self.durations.add((value, mention.unit))

    def _walk(self, value: Json, message: int, tool: str, field: str | None) -> None:
        if isinstance(value, str):
            self._read_text(value, message, tool, field or "result")
        elif isinstance(value, bool) or value is None:
            return
        elif isinstance(value, int | float):
            sighting = Sighting(abs(float(value)), None, message, tool, field, self._row)
            self.numbers.setdefault(sighting.value, []).append(sighting)
            self.fields.setdefault(field or "result", []).append(sighting)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                label = label_of(key)
                self.words.update(label.split())
                if isinstance(item, list | dict):
                    self.counts.setdefault(label, set()).update(_counts(item))
                self._walk(item, message, tool, label)
        else:
            for item in value:
                self._row += 1
                self._walk(item, message, tool, field)

    def rows(self) -> list[Row]:
        """Return the rows of all results so far, and the results themselves with what asked for them."""
        for item in self._received[self._rows_read :]:
            for group, content in _rows_of(item.value, item.tool):
                self._rows.append(_row(f"{item.message}:{group}", content, item.message))
            if isinstance(item.value, dict):
                self._rows.append(_row(item.tool, [dict(item.arguments), item.value], item.message))
        self._rows_read = len(self._received)
        return self._rows


def label_of(key: str) -> str:
    """Return the name of a field in words: `frameWidth_cm` → `frame width`."""
    parts = _CAMEL.sub("_", key).lower().replace("-", "_").split("_")
    return " ".join(part for part in parts if part and part not in _UNIT_PARTS) or key.lower()


def _counts(value: Json) -> set[int]:
    """Return how many items a list has, and how many of them share a value of a field."""
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    counts = {len(items)}
    rows = [item for item in items if isinstance(item, dict)]
    for key in {key for row in rows for key in row}:
        values = [row.get(key) for row in rows]
        counts.update(Counter(v for v in values if isinstance(v, str | bool | int)).values())
        counts.add(sum(v not in (None, "", [], False) for v in values))
    return counts


def _rows_of(value: Json, group: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _rows_of(item, key)
    elif isinstance(value, list) and len(value) > 1:
        for item in value:
            if isinstance(item, dict):
                yield group, item


def _row(group: str, content: Json, message: int) -> Row:
    words: set[str] = set()
    numbers: set[float] = set()
    times: set[int] = set()
    for leaf in _leaves(content):
        if isinstance(leaf, str):
            words.update(_WORDS.findall(leaf.lower()))
            for mention in mentions(leaf):
                if mention.kind == "time":
                    times.add(int(mention.value))  # type: ignore[arg-type]
                elif isinstance(mention.value, float):
                    numbers.add(mention.value)
        elif isinstance(leaf, int | float) and not isinstance(leaf, bool):
            numbers.add(float(leaf))
    return Row(group, frozenset(words), frozenset(numbers), frozenset(times), message)


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def day_of(value: tuple[int, int, int], year: int) -> date | None:
    """Return a date, in `year` where it says none; None where there is no such day."""
    try:
        return date(value[0] or year, value[1], value[2])
    except ValueError:
        return None
