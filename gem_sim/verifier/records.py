"""The things that results tell of: each with its fields, the words that name it, and the ids it leads to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeGuard

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.verifier.seen import CONTAINERS, Received, leaves

_ID = re.compile(r"[a-z]{1,8}[-_]?\d{1,10}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}:\d\d(?::\d\d)?")
_AMOUNT = re.compile(r"[$€£]?\s?(\d{1,9}(?:,\d{3})*(?:\.\d+)?)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Fields that name a thing, whatever their values are.
_NAMING = frozenset(("name", "title", "model", "label", "product", "item", "part"))
# Fields that tell a state, which `outcomes` judges, or no property at all.
_STATES = frozenset(("status", "state", "currency", "weekday", "day", "message", "note", "unit", "type"))
# A thing leads to those it belongs to, and not through a person to what else is theirs.
_PERSONS_WORDS = "customer user patron member account client person guest owner passenger employee patient student"
_PERSONS = frozenset(_PERSONS_WORDS.split())
# Texts of a result that are longer describe; beyond so many things nobody speaks of each.
_LONGEST = 60
_MOST = 400
_NUMERIC = (int, float)
# Numbers from there on are no figures to compare.
_LARGEST = 10**15
_EMPTY = frozenset(("yes", "no", "none", "null", "true", "false", "n/a", "unknown", "other", "all", "any"))


@lru_cache(maxsize=16384)
def is_id(text: str) -> bool:
    """Tell whether a text in lower case is made as ids are: letters, then a number."""
    return _ID.fullmatch(text) is not None


class _Text(NamedTuple):
    """A text of a result in lower case, whether it is an id, the number that it is, whether prose may name it."""

    lowered: str
    is_id: bool
    number: float | None
    is_handle: bool


# The rows of an environment come up again in one conversation after the other.
@lru_cache(maxsize=16384)
def _read(text: str) -> _Text:
    lowered = text.lower()
    amount = _AMOUNT.fullmatch(text) if text[-1:].isdigit() and not is_id(lowered) else None
    number = None if amount is None else float(amount[1].replace(",", ""))
    return _Text(lowered, is_id(lowered), number, _is_handle(lowered))


def _is_handle(text: str) -> bool:
    """Tell whether a text may name or describe something in prose."""
    if not 1 < len(text) <= _LONGEST or text in _EMPTY or _MOMENT.fullmatch(text) or not any(map(str.isalpha, text)):
        return False
    return len(text) > 2 or is_id(text)


class Around:
    """What an object stands in: the arguments of the call, and the fields of the objects around it; in lower case.

    `deeper` is what stands deeper in the arguments.
    """

    __slots__ = ("_levels", "_links", "_texts", "_within")

    def __init__(self, within: tuple[Mapping[str, Json], ...], deeper: tuple[Mapping[str, Json], ...] = ()) -> None:
        self._within = within
        self._levels = within + deeper
        self._texts: frozenset[str] | None = None
        self._links: frozenset[str] | None = None

    def inside(self, fields: Mapping[str, Json]) -> Around:
        """Return what stands in an object that has some fields."""
        return Around((*self._within, fields))

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for level in self._levels:
            yield from ((name, value.lower()) for name, value in level.items() if isinstance(value, str))

    @property
    def texts(self) -> frozenset[str]:
        """The texts there."""
        if self._texts is None:
            self._texts = frozenset(text for _, text in self._pairs())
        return self._texts

    @property
    def ids(self) -> frozenset[str]:
        """The ids among them."""
        return frozenset(filter(is_id, self.texts))

    @property
    def links(self) -> frozenset[str]:
        """The ids that are of no person."""
        if self._links is None:
            self._links = frozenset(text for name, text in self._pairs() if is_id(text) and not _is_person(name))
        return self._links

    @property
    def numbers(self) -> frozenset[float]:
        """The numbers there."""
        return frozenset([float(v) for level in self._levels for v in level.values() if is_number(v)])


class Record:
    """One object of a result: `fields` by name in words, `links` the ids it has, `around` what it was asked for with.

    `own` is its own id. It puts itself, with the field, among the `handles` under each text by which prose may name or
    describe it. All texts are in lower case.
    """

    __slots__ = ("_links", "around", "fields", "group", "message", "numbers", "own", "strings", "tool", "writes")

    def __init__(
        self, received: Received, group: str, content: Mapping[str, Json], around: Around, key: str, handles: Handles
    ) -> None:
        fields = self.fields = dict(zip(map(label_of, content), content.values(), strict=True))
        self.around = around
        self.group = group
        self.message = received.message
        self.tool = received.tool
        writes = self.writes = received.writes and group == received.tool
        strings: dict[str, str] = {}
        numbers: dict[str, float] = {}
        ids: list[str] = []
        for name, value in fields.items():
            kind = type(value)
            if kind is str:
                lowered, identifies, number, handle = _read(value)  # type: ignore[arg-type]
                strings[name] = lowered
                # An id is a handle as well, and a number is none.
                if handle:
                    handles[lowered].append((self, name))
                    if identifies:
                        ids.append(lowered)
                elif number is not None:
                    numbers[name] = number
            elif kind in _NUMERIC and abs(value) < _LARGEST:  # type: ignore[arg-type]
                numbers[name] = float(value)  # type: ignore[arg-type]
        self.strings, self.numbers = strings, numbers
        self._links: frozenset[str] | None = None
        self.own: str | None = None
        if key in strings:
            self.own = strings[key]
        # An answer that only repeats the ids it was asked for tells of them together, and of none by itself.
        elif ids and (group != self.tool or writes or len(ids) == 1 or not around.ids.issuperset(ids)):
            self.own = ids[0]

    @property
    def links(self) -> frozenset[str]:
        """The ids that lead to what it belongs to."""
        if self._links is None:
            own = [text for name, text in self.strings.items() if is_id(text) and not _is_person(name)]
            self._links = self.around.links.union(own)
        return self._links

    def without(self, names: set[str]) -> Record:
        """Return it without some fields."""
        left = Record.__new__(Record)
        left.around, left._links = self.around, self.links
        left.own, left.group, left.tool = self.own, self.group, self.tool
        left.message, left.writes = self.message, self.writes
        left.fields = {name: value for name, value in self.fields.items() if name not in names}
        left.strings = {name: value for name, value in self.strings.items() if name not in names}
        left.numbers = {name: value for name, value in self.numbers.items() if name not in names}
        return left

    def says(self, text: str) -> bool:
        """Tell whether one of its texts, or of those it was asked for with, has some words."""
        return any(stands_in(text, own) for own in (*self.strings.values(), *self.around.texts))


# A text in lower case → the records that it may name or describe, each with the field that has it.
Handles = dict[str, list[tuple[Record, str]]]


class Occurrence(NamedTuple):
    """Words of a text that some records have as the value of a field."""

    text: str
    start: int
    end: int
    holders: tuple[tuple[Record, str], ...]

    def within(self, group: str) -> list[Record]:
        """Return the records of a group that it names."""
        return [record for record, _ in self.holders if record.group == group]


class Records:
    """All records of a conversation so far."""

    def __init__(self) -> None:
        self.all: list[Record] = []
        self.groups: dict[str, list[Record]] = defaultdict(list)
        self.told: list[str] = []
        self._owned: dict[str, list[Record]] = defaultdict(list)
        self._handles: Handles = defaultdict(list)
        self._naming: dict[str, frozenset[str]] = {}
        self._read = 0

    def hear(self, text: str, *, by_user: bool) -> None:
        """Keep what the user says, in lower case."""
        if by_user and text:
            self.told.append(text.lower())

    def take(self, results: list[Received]) -> Records:
        """Read the results that came since the last time."""
        for received in results[self._read :]:
            value = received.value
            if type(value) in CONTAINERS and not received.refused:
                self._collect(received, value, received.tool, _asked(received.arguments))
        self._read = len(results)
        return self

    def _collect(self, received: Received, value: Json, group: str, around: Around, key: str = "") -> None:
        """Take the objects in a value, each before those within it."""
        if type(value) is list:
            items = [item for item in value[:_MOST] if type(item) is dict]
            key = _key_of(items)
            for item in items:
                self._collect(received, item, group, around, key)
        elif value and type(value) is dict and len(self.all) < _MOST:
            if CONTAINERS.isdisjoint(map(type, value.values())):
                self._add(Record(received, group, value, around, key, self._handles))
                return
            own = {name: below for name, below in value.items() if type(below) not in CONTAINERS}
            if own:
                record = Record(received, group, own, around, key, self._handles)
                self._add(record)
                around = around.inside(record.fields)
            for name, below in value.items():
                if type(below) in CONTAINERS:
                    self._collect(received, below, f"{received.tool} {name}", around)

    def _add(self, record: Record) -> None:
        self.all.append(record)
        self.groups[record.group].append(record)
        if self._naming:
            self._naming.pop(record.group, None)
        if record.own is not None:
            self._owned[record.own].append(record)

    def occurrences(self, lowered: str) -> list[Occurrence]:
        """Return the words of a text, in lower case, that name or describe records, the longest where they overlap."""
        found: list[Occurrence] = []
        for value in filter(lowered.__contains__, self._handles):
            holders = tuple(self._handles[value])
            found += [Occurrence(value, start, end, holders) for start, end in places(value, lowered)]
        # Who names so many says little of each, and every one costs.
        if len(found) > _MOST:
            return []
        if len(found) < 2:
            return found
        found.sort(key=lambda occurrence: occurrence.start - occurrence.end)
        kept: list[Occurrence] = []
        for occurrence in found:
            if all(occurrence.end <= other.start or occurrence.start >= other.end for other in kept):
                kept.append(occurrence)
        return sorted(kept, key=lambda occurrence: occurrence.start)

    def owned(self, key: str) -> list[Record]:
        """Return the records whose own id this is."""
        return self._owned.get(key, [])

    def naming(self, group: str) -> frozenset[str]:
        """Return the fields of a group that name its records: ids, names, texts that tell all its records apart."""
        if group not in self._naming:
            self._naming[group] = self._find_naming(self.groups[group])
        return self._naming[group]

    def _find_naming(self, records: list[Record]) -> frozenset[str]:
        fields = {name for record in records for name in record.strings if not _MOMENT.fullmatch(record.strings[name])}
        named = {name for name in fields if name.split()[-1] in _NAMING}
        ordered = [name for name in records[0].strings if name in fields and not is_state(name)]
        telling = [name for name in ordered if _tells_apart(records, name)]
        words = [name for name in telling if not is_id(records[0].strings[name])]
        if not named:
            named.update(words[:1])
        capitals = [name for name in words if all(str(record.fields.get(name, ""))[:1].isupper() for record in records)]
        ids = [name for name in ordered if is_id(records[0].strings[name])]
        return frozenset((*named, *capitals, *ids))

    def reach(self, key: str) -> tuple[set[str], list[Record]]:
        """Return the ids and the records that the thing with an id leads to, itself first."""
        ids, found, waiting = {key}, list(self.owned(key)), list(self.owned(key))
        while waiting:
            links = waiting.pop().links
            for linked in () if links <= ids else sorted(links - ids):
                ids.add(linked)
                found += self.owned(linked)
                waiting += self.owned(linked)
        return ids, found

    def related(self, record: Record) -> list[Record]:
        """Return the records that tell of the same thing: its own id, or its name, is in them."""
        keys = {record.own} if record.own else set()
        keys |= {record.strings[name] for name in self.naming(record.group) if name in record.strings and not keys}
        names = {value for name, value in record.strings.items() if name in self.naming(record.group)}
        names = {value for value in names if not is_id(value)}
        return [other for other in self.all if other is record or other.links & keys or _has(other, keys | names)]


def _asked(arguments: Mapping[str, Json]) -> Around:
    """Return what a call was asked for, also what stands deeper in its arguments."""
    labelled = dict(zip(map(label_of, arguments), arguments.values(), strict=True))
    if CONTAINERS.isdisjoint(map(type, labelled.values())):
        return Around((labelled,))
    deeper = [leaves(value) for value in labelled.values() if type(value) in CONTAINERS]
    return Around((labelled,), tuple({str(at): leaf for at, leaf in enumerate(found)} for found in deeper))


def _has(record: Record, texts: set[str]) -> bool:
    if not texts.isdisjoint(record.strings.values()):
        return True
    return not texts.isdisjoint(record.around.texts)


def _key_of(items: list[dict[str, Json]]) -> str:
    """Return the name of the field whose ids tell the items of a list apart, empty where there is none."""
    for name, value in items[0].items() if items else ():
        if type(value) is str and is_id(value.lower()):
            texts = [text for item in items if type(text := item.get(name)) is str and is_id(text.lower())]
            if len(texts) == len(items) == len(set(texts)):
                return label_of(name)
    return ""


@lru_cache(maxsize=4096)
def _is_person(name: str) -> bool:
    return not _PERSONS.isdisjoint(name.split())


@lru_cache(maxsize=4096)
def is_state(name: str) -> bool:
    """Tell whether a field tells a state, or nothing of the thing itself."""
    return not _STATES.isdisjoint(name.split())


def _tells_apart(records: list[Record], name: str) -> bool:
    """Tell whether the records of each list, or of all answers with one each, have different texts in a field."""
    lists: dict[int, list[str]] = {}
    for record in records:
        lists.setdefault(record.message, []).append(record.strings.get(name, ""))
    if max(map(len, lists.values())) == 1:
        owners = {record.own or str(at): record.strings.get(name, "") for at, record in enumerate(records)}
        lists = {0: list(owners.values())}
    return all(len(values) == len(set(values)) for values in lists.values())


def is_number(value: Json) -> TypeGuard[int | float]:
    """Tell whether a value is a number that can be compared; a flag is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST


@lru_cache(maxsize=4096)
def label_of(key: str) -> str:
    """Return the name of a field in words: `daysLate` → `days late`."""
    return " ".join(_CAMEL.sub("_", key).lower().replace("-", "_").replace("_", " ").split()) or "?"


def places(words: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where some words stand in a text as a whole, in the singular or the plural: the start and the end."""
    start = text.find(words)
    while start >= 0:
        end = None if start and (text[start - 1] == "-" or _is_of_word(text[start - 1])) else _end(words, text, start)
        if end is not None:
            yield start, end
        start = text.find(words, max(start + 1, end or 0))


def stands_in(words: str, text: str) -> bool:
    """Tell whether some words stand in a text as a whole, in the singular or the plural."""
    return words in text and next(places(words, text), None) is not None


def _end(words: str, text: str, start: int) -> int | None:
    """Return where words that begin at a place end, with the letters of the plural; None where they go on."""
    stop = start + len(words)
    if not words[-1:].isdigit():
        stop += 1 if text.startswith("s", stop) else 2 if text.startswith("es", stop) else 0
    behind = text[stop : stop + 2]
    return None if _is_of_word(behind[1:] if behind[:1] == "-" else behind[:1]) else stop


def _is_of_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


@lru_cache(maxsize=16)
def vocabulary(environment: Environment) -> dict[str, frozenset[str]]:
    """Return the texts that the rows of an environment have in each field that has few, in lower case."""
    found: dict[str, set[str]] = {}
    for rows in environment.state.values():
        for row in rows.values() if isinstance(rows, Mapping) else ():
            if isinstance(row, Mapping):
                for name, value in row.items():
                    if isinstance(value, str) and 3 < len(value) < 20 and value.replace(" ", "").isalpha():
                        found.setdefault(label_of(name), set()).add(value.lower())
    return {name: frozenset(values) for name, values in found.items() if len(values) <= 24}


def named(records: Iterable[Record]) -> str:
    """Return the answers that tell of some records, for a person."""
    return ", ".join(sorted({record.tool for record in records}))
