"""What the answers of one tool have in common: a template of constants, arguments, new ids, rows and the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from gem_sim.canonical import Json, canonical_bytes, same_json
from gem_sim.induce.recorded import Seen
from gem_sim.induce.words import is_id

_STATUS_FIELDS = frozenset(("status", "success", "ok", "message", "result", "exception", "error"))


# Where more than one answer in so many is of another build, a tool has several.
_FEW = 5


class Constant(NamedTuple):
    """The same value in every answer."""

    value: Json


class Argument(NamedTuple):
    """The value of an argument; None where it was not given."""

    name: str


class Fresh(NamedTuple):
    """A text that the dialogue had not shown before: an id the tool makes up."""

    name: str


class Length(NamedTuple):
    """The number of rows in the answer."""


class Stored(NamedTuple):
    """A value that comes from somewhere else; `name` is the field's, the empty string for a whole answer."""

    name: str


class Object(NamedTuple):
    """An object with the same fields in every answer."""

    fields: tuple[tuple[str, Template], ...]


class One(NamedTuple):
    """A list that always holds exactly one item."""

    item: Template


class Rows(NamedTuple):
    """A list of objects; `name` is the field it stands in, the empty string at the top."""

    name: str


Template: TypeAlias = Constant | Argument | Fresh | Length | Stored | Object | One | Rows


class Shape(NamedTuple):
    """The template of a tool's answers, the answers that fit it, and those of another build (`odd`)."""

    template: Template
    calls: tuple[Seen, ...]
    odd: tuple[Seen, ...]


def shape_of(calls: Sequence[Seen], fresh: Mapping[tuple[str, int], frozenset[str]], *, reads: bool) -> Shape | None:
    """Return the shape of a tool's successful answers; None where there are none.

    Args:
        calls: The calls of the tool.
        fresh: Place of a call → texts in its answer that its dialogue had not shown before.
        reads: Whether the tool's name says that it only reads.
    """
    served = [call for call in calls if not call.refused]
    if not served:
        return None
    builds = Counter(_build(call.answer) for call in served)
    common = min(builds, key=lambda build: (-builds[build], build))
    fitting = tuple(call for call in served if _build(call.answer) == common)
    odd = tuple(call for call in served if _build(call.answer) != common)
    if reads and len(odd) * _FEW > len(served):
        return Shape(Stored(""), tuple(served), ())
    return Shape(_Builder(fitting, fresh, reads).template([call.answer for call in fitting], ""), fitting, odd)


def walk(template: Template) -> Iterator[Template]:
    """Yield a template and all within it."""
    yield template
    if isinstance(template, Object):
        for _, below in template.fields:
            yield from walk(below)
    elif isinstance(template, One):
        yield from walk(template.item)


def fields_of(answer: Json) -> set[str]:
    """Return the fields of an answer above its lists, each with those it stands in."""
    if not isinstance(answer, dict):
        return set()
    return set(answer) | {f"{key}.{below}" for key, value in answer.items() for below in fields_of(value)}


def _build(answer: Json) -> str:
    """Return the fields an answer has, at every level above its lists."""
    if isinstance(answer, dict):
        return "{" + ",".join(f"{key}:{_build(value)}" for key, value in sorted(answer.items())) + "}"
    return "[]" if isinstance(answer, list) else "."


class _Builder:
    """Builds a template over the answers of `calls`, which all have one build."""

    def __init__(self, calls: Sequence[Seen], fresh: Mapping[tuple[str, int], frozenset[str]], reads: bool) -> None:
        self._calls, self._fresh, self._reads = calls, fresh, reads
        self._lengths: list[int] = []

    def template(self, values: Sequence[Json], name: str) -> Template:
        """Return the template of one place, given its value in each answer."""
        if all(isinstance(value, list) for value in values):
            found = self._list(values, name)
            if found is not None:
                return found
        objects = [value for value in values if isinstance(value, dict)]
        if len(objects) == len(values) and objects and objects[0]:
            # Lists first, so that a count beside them can be recognised.
            keys = sorted(objects[0], key=lambda key: not isinstance(objects[0][key], list))
            made = {key: self.template([item[key] for item in objects], key) for key in keys}
            if any(isinstance(part, Stored) for part in made.values()):
                made = {key: _stored_too(key, part) for key, part in made.items()}
            return Object(tuple((key, made[key]) for key in objects[0]))
        return self._leaf(values, name)

    def _list(self, values: Sequence[Json], name: str) -> Template | None:
        items = [item for value in values if isinstance(value, list) for item in value]
        if any(not isinstance(item, dict) for item in items) or (not items and not self._reads):
            return None
        lengths = [len(value) for value in values if isinstance(value, list)]
        if not self._reads and set(lengths) == {1} and len({_build(item) for item in items}) == 1:
            return One(self.template(items, name))
        self._lengths = lengths
        return Rows(name)

    def _leaf(self, values: Sequence[Json], name: str) -> Template:
        calls = self._calls
        given = [call.arguments for call in calls]
        if is_id(name) and all(self._is_fresh(call, value) for call, value in zip(calls, values, strict=True)):
            return Fresh(name)
        if any(name in arguments for arguments in given) and _all_same(values, [a.get(name) for a in given]):
            return Argument(name)
        distinct = {canonical_bytes(value) for value in values}
        if len(distinct) == 1 and (name in _STATUS_FIELDS or values[0] is None or len(_askings(calls)) > 1):
            return Constant(values[0])
        if self._lengths and _all_same(values, list(self._lengths)) and not isinstance(values[0], bool):
            return Length()
        if len(distinct) > 1:
            for other in sorted({argument for arguments in given for argument in arguments}):
                if _all_same(values, [arguments.get(other) for arguments in given]):
                    return Argument(other)
        return Stored(name)

    def _is_fresh(self, call: Seen, value: Json) -> bool:
        # An id that a dialogue was given twice is an error of the recording; the tool makes up ids all the same.
        seen = self._fresh.get((call.dialogue, call.number), frozenset())
        return isinstance(value, str) and (value in seen or f"again {value}" in seen)


def _stored_too(name: str, part: Template) -> Template:
    """Beside values that come from elsewhere, one that happened to be the same in all answers does too."""
    same = isinstance(part, Constant) and part.value is not None and name not in _STATUS_FIELDS
    return Stored(name) if same else part


def _askings(calls: Sequence[Seen]) -> set[bytes]:
    return {canonical_bytes(dict(call.arguments)) for call in calls}


def _all_same(left: Sequence[Json], right: Sequence[Json]) -> bool:
    return all(same_json(a, b) for a, b in zip(left, right, strict=True))
