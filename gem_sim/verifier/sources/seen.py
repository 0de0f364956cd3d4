"""What an agent has seen by a point of a conversation: values and texts by place, indexed as it goes on.

The recording counts, not the execution: arguments and results are taken as the agent had them before its eyes. A value
counts as seen only before the message that makes the call; calls of one message do not see each other's results.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, compress, count, islice, pairwise
from operator import add, attrgetter
from typing import Literal, NamedTuple, TypeAlias

from gem_sim.canonical import Json, same_json
from gem_sim.message import Message
from gem_sim.simulator import ReplayedCall
from gem_sim.simulator.schema import json_path
from gem_sim.verifier.sources.forms import Form, bounded, fold, shaped, squeeze

Path: TypeAlias = "tuple[str | int, ...]"
# Where a text stands: the user's words; what the assistant proposed and the user confirmed; a result; the prompt.
Group = Literal["said", "confirmed", "returned", "prompt"]

# A text of more letters is a document, which is searched as it stands only.
_DOCUMENT = 2000
# A text longer than this is looked for as it stands only.
_LONGEST = 200
_WITH_STRINGS = (str, dict, list)
_HOLDING = frozenset((dict, list))
# What a set takes as it is; a boolean would stand for 0 or 1 there.
_FLAT = frozenset((str, int, float, type(None)))
_ROLE = attrgetter("role")
_MESSAGE_OF = attrgetter("placed.message")
# The roles of messages that tell an agent something.
_TELLING = frozenset(("user", "system"))
_YES = re.compile(
    r"\W*(?:yes|yeah|yep|yup|sure|okay|ok|please(?: do)?|perfect|great|excellent|lovely|cool|awesome|fine|good|exactly"
    r"|correct|right|absolutely|definitely|certainly|of course|agreed|i agree|i like|i'll take|all ?right|go ahead|do "
    r"(?:it|that|so)|let'?s|(?:that |it |this )?(?:sounds|looks|works)|that'?s (?:right|correct|fine|good|great|perfect"
    r"|it)|that would be|the (?:first|second|third|last|latter|former)|confirm(?:ed)?|works)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\b(?:no|not|nope|don'?t|do not|isn'?t|instead|another|different|rather|wrong|else|too)\b", re.IGNORECASE
)


class Place(NamedTuple):
    """Where something was seen: the message (from 1); for a result also the call (from 1) and the JSON path."""

    group: Group
    message: int | None
    call: int | None = None
    path: str | None = None


class Text(NamedTuple):
    """A text that was seen.

    `message` is its index from 0, None for the policy; of a result, `call` is the call and `number` which of the texts
    in it this is, from 0.
    """

    text: str
    group: Group
    message: int | None = None
    call: ReplayedCall | None = None
    number: int = 0


class Haystack:
    """Texts laid end to end in one form, so that a search runs at the speed of `str.find`."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._starts = [0]
        self._lengths: list[int] = []
        self.text = ""
        self.used = 0

    def add(self, texts: Sequence[str]) -> None:
        """Add the texts that came after those already added; there has to be one."""
        added: Sequence[str] = texts[self.used :]
        if self._form != "exact" and max(map(len, added)) > _DOCUMENT:
            added = [text if len(text) <= _DOCUMENT else "" for text in added]
        parts = shaped(added, self._form)
        self.text += "\n".join(parts) + "\n"
        self._lengths += map(len, parts)
        self.used = len(texts)

    def holding(self, needle: str) -> Iterator[int]:
        """Yield the number of each text that holds the needle anywhere, from 0."""
        at = self.text.find(needle) if needle else -1
        while at >= 0:
            number = self.number_at(at)
            yield number
            at = self.text.find(needle, self._starts[number + 1])

    def number_at(self, place: int) -> int:
        """Return the number of the text that a place belongs to; where each starts is worked out when it is asked."""
        if len(self._starts) <= self.used:
            self._starts = [0, *map(add, accumulate(self._lengths), count(1))]
        return bisect_right(self._starts, place) - 1


class Seen:
    """What has been seen before a message; `advance` moves on, never back."""

    def __init__(self, messages: Sequence[Message], calls: Sequence[ReplayedCall], policy: Sequence[str] = ()) -> None:
        self._messages = messages
        self._calls = calls
        self._next_message = 0
        self._next_call = 0
        self.results: list[ReplayedCall] = []
        # Each string and number in a result so far; and those of each result.
        self.values: set[str | float] = set()
        self._held: list[set[str | float]] = []
        self.said = ""
        # The texts of each group, as `text` numbers them, and the messages of those that are of no result.
        self.texts: dict[Group, list[str]] = {"said": [], "confirmed": [], "returned": [], "prompt": list(policy)}
        self._places: dict[Group, list[int | None]] = {"said": [], "confirmed": [], "prompt": [None] * len(policy)}
        # The number of the first text of each result whose texts have been taken.
        self._firsts: list[int] = []
        self._haystacks: dict[tuple[Group, Form], Haystack] = {}

    def advance(self, message: int) -> None:
        """Take in all that stands before the message of that index (from 0)."""
        if message <= self._next_message:
            return
        new = self._messages[self._next_message : message]
        tells = map(_TELLING.__contains__, map(_ROLE, new))
        for index, said in compress(enumerate(new, self._next_message), tells):
            if said.content:
                self._hear(index, said.role, said.content)
        self._next_message = message
        following = bisect_left(self._calls, message, self._next_call, key=_MESSAGE_OF)
        for call in self._calls[self._next_call : following]:
            if call.has_answer:
                held = _plain_in(call.recorded)
                self.results.append(call)
                self._held.append(held)
                self.values |= held
        self._next_call = following

    def _hear(self, index: int, role: str, text: str) -> None:
        if role == "system":
            self._take("prompt", index, text)
            return
        self._take("said", index, text)
        self.said += text + "\n"
        before = self._messages[index - 1] if index else None
        if before is None or before.role != "assistant" or not before.content or before.tool_calls:
            return
        if "?" in before.content and confirms(text):
            self._take("confirmed", index - 1, before.content)

    def _take(self, group: Group, index: int, text: str) -> None:
        self.texts[group].append(text)
        self._places[group].append(index)

    def returned(self, value: str | float) -> Place | None:
        """Return where a result first held exactly this value, None where none did."""
        if value not in self.values:
            return None
        call = next(call for call, held in zip(self.results, self._held, strict=True) if value in held)
        return self._within(call, next(path for path, leaf in leaves(call.recorded) if leaf == value))

    def whole(self, value: Json) -> Place | None:
        """Return where a result first held this very list or object, which is not empty; None where none did."""
        for call in self.results if value else ():
            for path, held in _containers(call.recorded):
                if len(held) == len(value) and held == value and same_json(held, value):  # type: ignore[arg-type]
                    return self._within(call, path)
        return None

    def holding(self, group: Group, needle: str) -> Iterator[Text]:
        """Yield the texts of a group that hold the needle anywhere, in order."""
        haystack = self._haystack(group, "exact")
        for number in () if haystack is None else haystack.holding(needle):
            yield self.text(group, number)

    def find(self, group: Group, form: Form, needle: str) -> Text | None:
        """Return the first text of a group where a needle, already in that form, stands as a whole."""
        haystack = self._haystack(group, form)
        if haystack is None:
            return None
        at = bounded(haystack.text, needle)
        return None if at < 0 else self.text(group, haystack.number_at(at))

    def find_loose(self, group: Group, text: str) -> Text | None:
        """Return the first text that holds another whatever its case, punctuation and spacing, from word to word."""
        needle = squeeze(text)
        haystack = self._haystack(group, "squeezed")
        if len(needle) > _LONGEST or haystack is None:
            return None
        pattern = None
        for number in haystack.holding(needle):
            if pattern is None:
                between = r"[\W_]*".join(needle)
                pattern = re.compile(rf"(?<![^\W_]){between}(?![^\W_])")
            found = self.text(group, number)
            if pattern.search(fold(found.text)):
                return found
        return None

    def _haystack(self, group: Group, form: Form) -> Haystack | None:
        """Return the texts of a group so far in a form, None where there are none."""
        if group == "returned" and len(self._firsts) < len(self.results):
            self._collect_returned()
        texts = self.texts[group]
        if not texts:
            return None
        haystack = self._haystacks.get((group, form))
        if haystack is None:
            haystack = self._haystacks[group, form] = Haystack(form)
        if haystack.used < len(texts):
            haystack.add(texts)
        return haystack

    def texts_of(self, group: Group) -> list[str]:
        """Return the texts of a group so far, as `text` numbers them; of results every string and every key is one."""
        if group == "returned" and len(self._firsts) < len(self.results):
            self._collect_returned()
        return self.texts[group]

    def _collect_returned(self) -> None:
        texts = self.texts["returned"]
        for call in self.results[len(self._firsts) :]:
            self._firsts.append(len(texts))
            _collect(call.recorded, texts)

    def texts_by_result(self, position: int) -> Iterator[list[str]]:
        """Yield the strings and keys of each result from that position in `results` on."""
        texts = self.texts_of("returned")
        for first, end in pairwise((*self._firsts[position:], len(texts))):
            yield texts[first:end]

    def text(self, group: Group, number: int) -> Text:
        """Return the text of that number, from 0, of a group."""
        text = self.texts[group][number]
        if group != "returned":
            return Text(text, group, self._places[group][number])
        position = bisect_right(self._firsts, number) - 1
        return Text(text, group, None, self.results[position], number - self._firsts[position])

    def place(self, text: Text) -> Place:
        """Return where a text stands."""
        if text.call is None:
            return Place(text.group, None if text.message is None else text.message + 1)
        path, _ = next(islice(_strings(text.call.recorded), text.number, None))
        return self._within(text.call, path)

    def _within(self, call: ReplayedCall, path: Path) -> Place:
        answer = call.placed.answer
        after = range(call.placed.message + 1, len(self._messages))
        message = next((i + 1 for i in after if self._messages[i] is answer), None)
        return Place("returned", message, call.placed.number, json_path(path))


def confirms(text: str) -> bool:
    """Tell whether a user's reply says yes to what was just proposed, without taking any of it back."""
    return _YES.match(text) is not None and _NO.search(re.split(r"[.!?\n]", text.strip(), maxsplit=1)[0]) is None


def leaves(value: Json, *, keys: bool = False) -> Iterator[tuple[Path, str | float]]:
    """Yield every string and number of a JSON value with its path, in order; with `keys` the keys of objects too."""
    pending: list[tuple[Path, Json]] = [((), value)]
    while pending:
        path, item = pending.pop()
        if isinstance(item, dict):
            if keys:
                yield from (((*path, key), key) for key in item)
            pending.extend(((*path, key), child) for key, child in reversed(item.items()))
        elif isinstance(item, list):
            pending.extend(((*path, index), item[index]) for index in range(len(item) - 1, -1, -1))
        elif isinstance(item, (str, int, float)) and not isinstance(item, bool):
            yield path, item


def _containers(value: Json) -> Iterator[tuple[Path, list[Json] | dict[str, Json]]]:
    """Yield every list and object of a JSON value with its path, the outermost first."""
    pending: list[tuple[Path, Json]] = [((), value)]
    while pending:
        path, item = pending.pop()
        if isinstance(item, dict):
            yield path, item
            pending.extend(
                ((*path, key), child) for key, child in reversed(item.items()) if type(child) in (dict, list)
            )
        elif isinstance(item, list):
            yield path, item
            numbered = reversed(list(enumerate(item)))
            pending.extend(((*path, index), child) for index, child in numbered if type(child) in (dict, list))


def _plain_in(value: Json) -> set[str | float]:
    """Return every string and number of a JSON value."""
    if type(value) not in _HOLDING:
        return set() if value is None or type(value) is bool else {value}  # type: ignore[arg-type]
    found: set[str | float | None] = set()
    pending: list[list[Json] | dict[str, Json]] = [value]  # type: ignore[list-item]
    for held in pending:
        items = held.values() if type(held) is dict else held
        kinds = list(map(type, items))
        if _FLAT.issuperset(kinds):
            found.update(items)  # type: ignore[arg-type]
            continue
        found.update(compress(items, map(_FLAT.__contains__, kinds)))  # type: ignore[arg-type]
        pending += compress(items, map(_HOLDING.__contains__, kinds))  # type: ignore[arg-type]
    found.discard(None)
    return found  # type: ignore[return-value]


def texts_in(value: Json) -> list[str]:
    """Return every string of a JSON value once, in no order; keys are none."""
    return [held for held in _plain_in(value) if type(held) is str]


def _collect(value: Json, found: list[str]) -> None:
    """Add every string and key of a JSON value, in the order of `_strings`."""
    if type(value) is dict:
        found += value
        items: Iterable[Json] = value.values()
    elif type(value) is list:
        items = value
    else:
        items = (value,)
    if _HOLDING.isdisjoint(map(type, items)):
        found += [item for item in items if type(item) is str]
        return
    for item in items:
        kind = type(item)
        if kind is str:
            found.append(item)  # type: ignore[arg-type]
        elif kind in _HOLDING:
            _collect(item, found)


def _strings(value: Json) -> Iterator[tuple[Path, str]]:
    """Yield every string and key of a JSON value with its path, in order; long lists of numbers cost little."""
    pending: list[tuple[Path, Json]] = [((), value)]
    while pending:
        path, item = pending.pop()
        kind = type(item)
        if kind is str:
            yield path, item  # type: ignore[misc]
        elif kind is dict:
            yield from (((*path, key), key) for key in item)  # type: ignore[union-attr,misc]
            children = reversed(item.items())  # type: ignore[union-attr]
            pending.extend(((*path, key), child) for key, child in children if type(child) in _WITH_STRINGS)
        elif kind is list:
            numbered = reversed(list(enumerate(item)))  # type: ignore[arg-type]
            pending.extend(((*path, index), child) for index, child in numbered if type(child) in _WITH_STRINGS)
