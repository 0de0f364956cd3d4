"""Recorded result against executed result, structurally, up to one consistent renaming of generated values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from gem_sim.canonical import Json, same_json
from gem_sim.tool import is_unspecified

Kind = Literal["differs", "missing", "extra", "unspecified"]

_PROSE_FIELDS = ("message", "error", "exception", "detail")
_FAILURE_WORDS = ("error", "failed", "failure", "refused", "rejected", "denied")


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

    Ids are matched one to one. Times read from the clock are matched to any recorded time that does not go back.
    """

    def __init__(self) -> None:
        self._to_executed: dict[str, str] = {}
        self._to_recorded: dict[str, str] = {}
        self._times: list[str] = []

    def bind(self, recorded: str, executed: str) -> bool:
        """Let `recorded` stand for `executed` from now on; False if either already stands for something else."""
        if self._to_executed.get(recorded, executed) != executed:
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
        """Return recorded arguments with every known id replaced by the executed one."""
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
    comparison = _Comparison(renaming, made_ids, clock)
    return list(_differences(recorded, executed, schema or {}, "$", comparison))


def says_error(content: Json) -> bool:
    """Tell whether a result reads as a refusal, in the conventions that recordings use."""
    if isinstance(content, str):
        return re.match(r"\s*(error|exception|traceback)\b", content, re.IGNORECASE) is not None
    if not isinstance(content, dict):
        return False
    if any(content.get(key) for key in ("error", "errors", "exception", "is_error", "isError")):
        return True
    if content.get("success") is False or content.get("ok") is False:
        return True
    status = content.get("status")
    return isinstance(status, str) and status.lower() in _FAILURE_WORDS


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
    for key in recorded.keys() - set(renamed.values()):
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
    if schema.get("uniqueItems") is True:
        recorded = _in_order_of(executed, recorded, below, by)
    for index, (left, right) in enumerate(zip(recorded, executed, strict=False)):
        yield from _differences(left, right, below, f"{path}[{index}]", by)
    for index in range(len(executed), len(recorded)):
        yield Difference(f"{path}[{index}]", "extra", recorded[index], None)
    for index in range(len(recorded), len(executed)):
        yield Difference(f"{path}[{index}]", "missing", None, executed[index])


def _in_order_of(executed: list[Json], recorded: list[Json], schema: Mapping[str, Json], by: _Comparison) -> list[Json]:
    """Return the recorded items with each equal item at the place of its executed one, the others in order."""
    left = list(recorded)
    placed: list[Json] = []
    for item in executed:
        match = next((i for i, other in enumerate(left) if _equal(other, item, schema, by)), None)
        placed.append(left.pop(match) if match is not None else ...)  # type: ignore[arg-type]
    rest = iter(left)
    filled = [next(rest, ...) if item is ... else item for item in placed]  # type: ignore[comparison-overlap]
    return [item for item in filled if item is not ...] + list(rest)  # type: ignore[comparison-overlap]


def _equal(recorded: Json, executed: Json, schema: Mapping[str, Json], by: _Comparison) -> bool:
    """Tell whether two items are equal as far as is known; binds nothing."""
    trial = Renaming()
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
    return path.removeprefix("$.") in _PROSE_FIELDS and not ("enum" in schema or "const" in schema)


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
