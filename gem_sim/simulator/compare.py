"""Recorded result against executed result, structurally, up to one consistent renaming of generated values."""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import zip_longest
from operator import is_
from typing import Literal, NamedTuple

from pydantic_core import from_json

from gem_sim.canonical import Json, identical_json, same_json
from gem_sim.tool import is_unspecified

Kind = Literal["differs", "missing", "extra", "unspecified"]

PROSE_FIELDS = ("message", "error", "exception", "detail")
_ERROR_TEXT = re.compile(r"\s*(error|exception|traceback)\b", re.IGNORECASE)
_FAILURE_WORDS = frozenset(("error", "failed", "failure", "refused", "rejected", "denied"))


class Difference(NamedTuple):
    """One place where the results part.

    `kind`: the values *differ*; the recording is *missing* a value; it has an *extra* one; or nothing determines
    the value it has (*unspecified*). `recorded` or `executed` is None where there is no value.
    """

    path: str
    kind: Kind
    recorded: Json
    executed: Json


class Renaming:
    """Which recorded id or time stands for which executed one, over a whole trajectory.

    Ids are matched one to one; the key of a row that was there from the start (`tables`) is no name for a new one.
    Times read from the clock are matched to any recorded time that does not go back.
    """

    def __init__(self, tables: Mapping[str, Container[str]] | None = None) -> None:
        self._to_executed: dict[str, str] = {}
        self._to_recorded: dict[str, str] = {}
        self._times: list[str] = []
        self._tables = tables or {}

    def bind(self, recorded: str, executed: str) -> bool:
        """Let `recorded` stand for `executed` from now on; False if either already stands for something else."""
        if self._to_executed.get(recorded, executed) != executed:
            return False
        if not recorded or (recorded != executed and any(recorded in table for table in self._tables.values())):
            return False
        if self._to_recorded.get(executed, recorded) != recorded:
            return False
        self._to_executed[recorded] = executed
        self._to_recorded[executed] = recorded
        return True

    def bind_time(self, recorded: str) -> bool:
        """Accept a recorded time for one read from the clock; False if it is none or goes back in time."""
        moment = _moment(recorded)
        if moment is None:
            return False
        if recorded in self._times:
            return True
        last = _moment(self._times[-1]) if self._times else None
        if last is not None and (last.tzinfo is None) == (moment.tzinfo is None) and moment < last:
            return False
        self._times.append(recorded)
        return True

    def executed(self, value: Json) -> Json:
        """Return recorded arguments with every known id replaced by the executed one; as they are if none is known."""
        if not self._to_executed:
            return value
        if isinstance(value, str):
            return self._to_executed.get(value, value)
        if isinstance(value, list):
            return [self.executed(item) for item in value]
        if isinstance(value, dict):
            return {self._to_executed.get(key, key): self.executed(item) for key, item in value.items()}
        return value

    def recorded(self, text: str) -> str:
        """Return executed text with every known id in it replaced by the recorded one."""
        if text in self._to_recorded:
            return self._to_recorded[text]
        for executed, recorded in self._to_recorded.items():
            if executed in text:
                text = text.replace(executed, recorded)
        return text

    def name_of(self, executed: str) -> str | None:
        """Return the recorded name of an executed id, None while the recording has given it none."""
        return self._to_recorded.get(executed)

    def as_recorded(self, value: Json, clock: str | None) -> Json:
        """Return an executed value as the recording would have it: its ids, and its time for that of the clock."""
        if isinstance(value, str):
            return self._times[0] if value == clock and self._times else self.recorded(value)
        if isinstance(value, list):
            return [self.as_recorded(item, clock) for item in value]
        if isinstance(value, dict):
            return {self.recorded(key): self.as_recorded(item, clock) for key, item in value.items()}
        return value


class _Comparison(NamedTuple):
    renaming: Renaming
    made_ids: Collection[str]
    clock: str | None


def compare(
    recorded: Json,
    executed: Json,
    schema: Mapping[str, Json] | None,
    renaming: Renaming,
    *,
    made_ids: Collection[str] = (),
    clock: str | None = None,
) -> list[Difference]:
    """Return where two results part, in the order of the executed one.

    Args:
        recorded: The result in the recording.
        executed: The result of execution.
        schema: The tool's `returns`: an array with `uniqueItems` has no order, a string with the format `prose`
            is not compared. None: every order counts.
        renaming: What stands for what so far; extended by what this result shows.
        made_ids: Every id made up by the session so far.
        clock: The session's clock if the trajectory has read it, else None.
    """
    # Nothing to bind, nothing to tell apart: by far most answers are borne out to the letter.
    if not made_ids and identical_json(recorded, executed):
        return []
    comparison = _Comparison(renaming, made_ids, clock)
    return list(_differences(recorded, executed, schema or {}, "$", comparison))


def reads_as(text: str, value: Json) -> bool:
    """Tell at once whether a text is JSON that reads as exactly this value.

    False may only mean a closer look is needed. Of a key that is given twice the last value counts.
    """
    try:
        return marshal.dumps(from_json(text), 2) == marshal.dumps(value, 2)
    except ValueError:
        return False


def says_error(content: Json) -> bool:
    """Tell whether a result reads as a refusal, in the conventions that recordings use."""
    if isinstance(content, str):
        return _ERROR_TEXT.match(content) is not None
    return error_key(content) is not None


def error_key(content: Json) -> str | None:
    """Return the field by which an object reads as a refusal, None where none does."""
    if not isinstance(content, dict) or _KEYS.isdisjoint(content):
        return None
    for key in filter(content.__contains__, _REFUSES):
        if _REFUSES[key](content[key]):
            return key
    return None


def _is_failure(value: Json) -> bool:
    return isinstance(value, str) and value.lower() in _FAILURE_WORDS


# Field → whether its value tells of a refusal; the first that does counts.
_REFUSES: dict[str, Callable[[Json], bool]] = {
    **dict.fromkeys(("error", "errors", "exception", "is_error", "isError"), bool),
    **dict.fromkeys(("success", "ok"), partial(is_, False)),
    "status": _is_failure,
}
_KEYS = frozenset(_REFUSES)


def _differences(
    recorded: Json, executed: Json, schema: Mapping[str, Json], path: str, by: _Comparison
) -> Iterator[Difference]:
    if is_unspecified(executed):
        if not same_json(recorded, executed):
            yield Difference(path, "unspecified", recorded, executed)
    elif isinstance(recorded, dict) and isinstance(executed, dict):
        yield from _object_differences(recorded, executed, schema, path, by)
    elif isinstance(recorded, list) and isinstance(executed, list):
        yield from _array_differences(recorded, executed, schema, path, by)
    elif isinstance(recorded, str) and isinstance(executed, str):
        if not _same_text(recorded, executed, schema, path, by):
            yield Difference(path, "differs", recorded, executed)
    elif not same_json(recorded, executed):
        yield Difference(path, "differs", recorded, executed)


def _object_differences(
    recorded: dict[str, Json], executed: dict[str, Json], schema: Mapping[str, Json], path: str, by: _Comparison
) -> Iterator[Difference]:
    properties = schema.get("properties")
    renamed = _recorded_keys(recorded, executed, by)
    for key, value in executed.items():
        below = properties.get(key) if isinstance(properties, dict) else schema.get("additionalProperties")
        here = f"{path}.{key}"
        if renamed[key] in recorded:
            below = below if isinstance(below, dict) else {}
            yield from _differences(recorded[renamed[key]], value, below, here, by)
        elif not is_unspecified(value):
            yield Difference(here, "missing", None, value)
    known = set(renamed.values())
    for key in (key for key in recorded if key not in known):
        yield Difference(f"{path}.{key}", "extra", recorded[key], None)


def _recorded_keys(recorded: Mapping[str, Json], executed: Mapping[str, Json], by: _Comparison) -> dict[str, str]:
    """Return executed key → recorded key; a generated key without a known name takes the one key left over."""
    names = {key: by.renaming.recorded(key) for key in executed}
    unknown = [key for key in executed if key in by.made_ids and names[key] not in recorded]
    left = [key for key in recorded if key not in names.values()]
    if len(unknown) == len(left) == 1 and by.renaming.bind(left[0], unknown[0]):
        names[unknown[0]] = left[0]
    return names


def _array_differences(
    recorded: list[Json], executed: list[Json], schema: Mapping[str, Json], path: str, by: _Comparison
) -> Iterator[Difference]:
    items = schema.get("items")
    below = items if isinstance(items, dict) else {}
    pairs: Iterable[tuple[int | None, int | None]] = zip_longest(range(len(recorded)), range(len(executed)))
    if schema.get("uniqueItems") is True:
        pairs = _pairs_of_bags(recorded, executed, below, by)
    for left, right in pairs:
        if left is None and right is not None:
            yield Difference(f"{path}[{right}]", "missing", None, executed[right])
        elif right is None and left is not None:
            yield Difference(f"{path}[{left}]", "extra", recorded[left], None)
        elif left is not None and right is not None:
            yield from _differences(recorded[left], executed[right], below, f"{path}[{right}]", by)


def _pairs_of_bags(
    recorded: list[Json], executed: list[Json], schema: Mapping[str, Json], by: _Comparison
) -> list[tuple[int | None, int | None]]:
    """Pair the items of two lists without order: equal ones, then those about the same thing, then the rest.

    The rest is paired in order only where both sides have as many left; else it is missing or extra.
    """
    left, right = list(range(len(recorded))), list(range(len(executed)))
    pairs: list[tuple[int | None, int | None]] = []
    for alike in (lambda a, b: _equal(a, b, schema, by), _same_subject):
        for index in list(right):
            match = next((other for other in left if alike(recorded[other], executed[index])), None)
            if match is not None:
                pairs.append((match, index))
                left.remove(match)
                right.remove(index)
    if len(left) == len(right):
        pairs += zip(left, right, strict=True)
    else:
        pairs += [(None, index) for index in right]
        pairs += [(index, None) for index in left]
    return sorted(pairs, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0] or 0))


def _same_subject(recorded: Json, executed: Json) -> bool:
    """Tell whether two items share an identifying field: `id`, or a name that ends in `_id`."""
    if not (isinstance(recorded, dict) and isinstance(executed, dict)):
        return False
    names = [name for name in executed if name == "id" or name.endswith("_id")]
    return any(name in recorded and same_json(recorded[name], executed[name]) for name in names[:1])


def _equal(recorded: Json, executed: Json, schema: Mapping[str, Json], by: _Comparison) -> bool:
    """Tell whether two items are equal as far as is known; binds nothing."""
    trial = Renaming(by.renaming._tables)
    trial._to_executed = dict(by.renaming._to_executed)
    trial._to_recorded = dict(by.renaming._to_recorded)
    trial._times = list(by.renaming._times)
    return not any(_differences(recorded, executed, schema, "$", by._replace(renaming=trial)))


def _same_text(recorded: str, executed: str, schema: Mapping[str, Json], path: str, by: _Comparison) -> bool:
    if executed in by.made_ids:
        return by.renaming.bind(recorded, executed)
    if recorded == by.renaming.recorded(executed):
        return True
    if executed == by.clock and by.renaming.bind_time(recorded):
        return True
    if _is_prose(schema, path):
        return True
    return _bind_inside(recorded, executed, by)


def _is_prose(schema: Mapping[str, Json], path: str) -> bool:
    if schema.get("format") == "prose":
        return True
    return path.removeprefix("$.") in PROSE_FIELDS and not ("enum" in schema or "const" in schema)


def _bind_inside(recorded: str, executed: str, by: _Comparison) -> bool:
    """Match a text that embeds one id not yet known by name; binds it."""
    unknown = [made for made in by.made_ids if made in executed and by.renaming.recorded(made) == made]
    if len(unknown) != 1:
        return False
    before, _, after = (by.renaming.recorded(part) for part in executed.partition(unknown[0]))
    if not (recorded.startswith(before) and recorded.endswith(after)):
        return False
    name = recorded[len(before) : len(recorded) - len(after)]
    return bool(name) and not any(map(str.isspace, name)) and by.renaming.bind(name, unknown[0])


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None
