"""Trajectories in the formats of the world outside: read, recognised by content, and written.

One format a module; `FORMATS` lists them in the order in which they are tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from gem_sim.errors import FormatError, InputError
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.format import Format
from gem_sim.formats.gem import GEM
from gem_sim.formats.hermes import HERMES
from gem_sim.formats.lines import display_name
from gem_sim.formats.openai import OPENAI
from gem_sim.formats.rows import MAX_RECORD_BYTES, JsonObject, Row, read_rows, write_rows
from gem_sim.formats.sharegpt import SHAREGPT
from gem_sim.trajectory import Trajectory

__all__ = [
    "FORMATS",
    "MAX_RECORD_BYTES",
    "Format",
    "JsonObject",
    "Record",
    "Row",
    "atomic_text",
    "format_of",
    "read_records",
    "read_rows",
    "read_trajectories",
    "read_trajectory",
    "record_of",
    "write_rows",
    "write_trajectories",
]

# OpenAI messages may hold any text, so the formats that are known by their tags come first.
FORMATS: tuple[Format, ...] = (GEM, HERMES, SHAREGPT, OPENAI)

_SHOWN_KEYS = 8


class Record(NamedTuple):
    """One record of a file, and what became of it.

    `file` is named as given ("<stdin>" for "-"), `line` is where the record starts, from 1. `row` is the raw
    object, None where it is not even JSON. Either `trajectory` or `error` is None.
    """

    file: str
    line: int
    row: JsonObject | None
    trajectory: Trajectory | None
    error: FormatError | None


def read_records(path: str | Path, *, max_record_bytes: int = MAX_RECORD_BYTES) -> Iterator[Record]:
    """Yield every record of a file in order; one that cannot be read carries its error and costs no other.

    Takes JSON lines, an array or one object, packed with gzip or not, or Parquet, whatever the name. A trajectory
    without an id gets `<file stem>:<line>`.

    Args:
        path: The file; "-" reads standard input.
        max_record_bytes: A longer line is an unreadable record.

    Raises:
        InputError: If the file as a whole is unusable.
    """
    file = display_name(path)
    for row in read_rows(path, max_record_bytes=max_record_bytes):
        yield record_of(file, row)


def record_of(file: str, row: Row) -> Record:
    """Return the record of a row; `file` is the name of its file for errors."""
    line, value = row
    if isinstance(value, FormatError):
        return Record(file, line, None, None, value)
    try:
        read = read_trajectory(value, f"{_stem(file)}:{line}")
        if not read.messages:
            raise FormatError("there is no message in it", cure="give it messages, or remove the record")
        return Record(file, line, value, read, None)
    except FormatError as error:
        placed = FormatError(error.message, file=file, line=line, cure=error.cure)
        return Record(file, line, value, None, placed)


def read_trajectories(path: str | Path) -> Iterator[Trajectory]:
    """Yield the trajectories of a file, in whichever of `FORMATS` each is.

    Raises:
        FormatError: At the first record that cannot be read.
        InputError: If the file as a whole is unusable.
    """
    for record in read_records(path):
        if record.error is not None:
            raise record.error
        if record.trajectory is not None:
            yield record.trajectory


def read_trajectory(row: JsonObject, fallback_id: str = "") -> Trajectory:
    """Read one row by the first format that recognises it; `fallback_id` serves where it has no id.

    Raises:
        FormatError: Without file and line; if no format recognises the row, or the one that does cannot read it.
    """
    known = format_of(row)
    if known is not None:
        return known.read(row, fallback_id)
    keys = ", ".join(repr(key) for key in list(row)[:_SHOWN_KEYS]) + (", …" if len(row) > _SHOWN_KEYS else "")
    raise FormatError(
        f"no trajectory: the keys are {keys or 'none'}",
        cure="give the record a list of `messages` (role, content) or `conversations` (from, value)",
    )


def format_of(row: JsonObject) -> Format | None:
    """Return the first format that recognises a row, None where none does."""
    return next((known for known in FORMATS if known.recognise(row)), None)


def write_trajectories(
    path: str | Path,
    trajectories: Iterable[Trajectory],
    format: str = "openai",  # noqa: A002
) -> int:
    """Write trajectories, whole or not at all, and return how many.

    JSON lines, or one array where the name ends in `.json` or `.json.gz`; a name in `.gz` is packed; "-" is
    standard output. Equal trajectories give equal bytes.

    Args:
        path: The file to write.
        trajectories: What to write, taken one by one.
        format: The name of one of `FORMATS`.

    Raises:
        InputError: If the format is unknown or the file cannot be written.
    """
    known = {item.name: item for item in FORMATS}
    if format not in known:
        raise InputError(f"unknown format {format!r}", cure=f"use one of {', '.join(known)}")
    return write_rows(path, map(known[format].write, trajectories))


def _stem(file: str) -> str:
    name = Path(file.strip("<>")).name.removesuffix(".gz")
    return name.removesuffix(".jsonl").removesuffix(".json")
