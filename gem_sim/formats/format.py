"""What an outside format is, and the keys of a row that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

from gem_sim.canonical import parse_json
from gem_sim.errors import FormatError
from gem_sim.formats.rows import JsonObject, kind_of
from gem_sim.formats.toolspec import read_tools
from gem_sim.tool import Tool
from gem_sim.trajectory import Trajectory


@dataclass(frozen=True)
class Format:
    """An outside format of trajectories.

    `recognise` tells by its content whether a row is in the format and never raises; `read` makes it a
    Trajectory, under the id given where the row has none, or raises a FormatError without a place; `write` makes
    a row that `read` reads.
    """

    name: str
    recognise: Callable[[JsonObject], bool]
    read: Callable[[JsonObject, str], Trajectory]
    write: Callable[[Trajectory], JsonObject]


class Frame(NamedTuple):
    """A row without its messages; the fields are those of Trajectory."""

    id: str
    tools: tuple[Tool, ...]
    task: str | None
    source: str | None
    extra: JsonObject


def read_frame(row: JsonObject, fallback_id: str, used: Collection[str]) -> Frame:
    """Read all of a row but the messages, which stand under the `used` keys.

    Raises:
        FormatError: If the id or the tools cannot be read.
    """
    rest = {key: value for key, value in row.items() if key not in used}
    identity = read_id(rest.pop("id", None), "id") or fallback_id
    listed = rest.pop("tools", None)
    if listed is None and isinstance(rest.get("functions"), list):
        listed = rest.pop("functions")
    task = _pop_name(rest, "task")
    if task is None:
        task = _pop_name(rest, "task_id")
    return Frame(identity, read_tools(listed), task, _pop_text(rest, "source"), rest)


def write_frame(trajectory: Trajectory, body: JsonObject) -> JsonObject:
    """Return a row: id, source, task, then `body`, then the trajectory's other keys that none of these has."""
    row: JsonObject = {"id": trajectory.id}
    if trajectory.source is not None:
        row["source"] = trajectory.source
    if trajectory.task is not None:
        row["task"] = trajectory.task
    row.update(body)
    return row | {key: value for key, value in trajectory.extra.items() if key not in row}


def read_id(value: JsonValue, what: str) -> str | None:
    """Return an id as a string, None where it is missing or empty.

    Raises:
        FormatError: If it is neither a string nor a number.
    """
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormatError(f"`{what}` is {kind_of(value)}", cure="make it a string")
    return str(value)


def read_list(value: JsonValue) -> list[JsonValue] | None:
    """Return a list, also one recorded as JSON text; None for anything else."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = parse_json(value)
        except ValueError:
            return None
    return value if isinstance(value, list) else None


def _pop_text(rest: JsonObject, key: str) -> str | None:
    value = rest.get(key)
    if value is None or isinstance(value, str):
        rest.pop(key, None)
        return value
    return None


def _pop_name(rest: JsonObject, key: str) -> str | None:
    value = rest.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        del rest[key]
        return str(value)
    return _pop_text(rest, key)
