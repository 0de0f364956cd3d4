"""Rows of large files by number: a scan notes where each one stands, and one is read when somebody asks for it."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from gem_sim.canonical import parse_json
from gem_sim.errors import FormatError, InputError
from gem_sim.formats.parquet import is_parquet, open_parquet
from gem_sim.formats.rows import JsonObject, dump_json, read_rows

_ENDINGS = (".jsonl", ".jsonl.gz", ".json", ".json.gz", ".ndjson", ".parquet")
# Rows of Parquet that are held at a time: a group of this size whole, of a larger one a batch.
_HELD = 2_048
_BATCH = 256


class Place(NamedTuple):
    """Where a row came from: the file as named, and its line (its number, from 1, in Parquet)."""

    file: str
    line: int

    @property
    def fallback_id(self) -> str:
        """The id of a trajectory that has none, the same as `read_records` gives it."""
        name = Path(self.file).name.removesuffix(".gz").removesuffix(".jsonl").removesuffix(".json")
        return f"{name}:{self.line}"


class _Lines:
    """JSON lines in a file on the disk, by offset."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._offsets = array("Q")
        self._numbers = array("Q")
        self._spool: IO[bytes] | None = None

    def scan(self) -> Iterator[tuple[int, JsonObject | FormatError]]:
        """Yield line and row; what is no plain JSON lines is written out as such first, into a file without a name."""
        for offset, number, value in self._standing() if _plain(self.name) else self._spooled():
            if not isinstance(value, FormatError):
                self._offsets.append(offset)
                self._numbers.append(number)
            yield number, value

    def _standing(self) -> Iterator[tuple[int, int, JsonObject | FormatError]]:
        offset = 0
        with Path(self.name).open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield offset, number, _parsed(line, self.name, number)
                offset += len(line)

    def _spooled(self) -> Iterator[tuple[int, int, JsonObject | FormatError]]:
        # It stays as long as the rows may be asked for.
        self._spool = spool = tempfile.TemporaryFile()  # noqa: SIM115
        offset = 0
        for number, value in read_rows(self.name):
            yield offset, number, value
            if not isinstance(value, FormatError):
                offset += spool.write(f"{dump_json(value)}\n".encode())

    def texts(self) -> Iterator[str]:
        """Yield the rows again, each as the line it is."""
        if self._spool is None:
            with Path(self.name).open("rb") as stream:
                yield from self._lines_of(stream)
        else:
            yield from self._lines_of(self._spool)

    def _lines_of(self, stream: IO[bytes]) -> Iterator[str]:
        for offset in self._offsets:
            stream.seek(offset)
            yield stream.readline().decode("utf-8", "replace")

    def row(self, index: int) -> tuple[int, JsonObject]:
        offset, number = self._offsets[index], self._numbers[index]
        if self._spool is None:
            with Path(self.name).open("rb") as stream:
                stream.seek(offset)
                line = stream.readline()
        else:
            self._spool.seek(offset)
            line = self._spool.readline()
        value = _parsed(line, self.name, number)
        if isinstance(value, FormatError):
            raise value
        return number, value


class _Parquet:
    """Rows of a Parquet file; of each, the row group that was asked for last is held."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._file = open_parquet(name)
        sizes = [self._file.metadata.row_group(group).num_rows for group in range(self._file.metadata.num_row_groups)]
        self._starts = [sum(sizes[:group]) for group in range(len(sizes) + 1)]
        self._held: tuple[int, list[JsonObject]] = (0, [])

    def scan(self) -> Iterator[tuple[int, JsonObject | FormatError]]:
        number = 0
        for batch in self._file.iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                number += 1
                yield number, _without_nulls(row)

    def texts(self) -> Iterator[str]:
        """Yield the rows again, each as its texts in a line."""
        for batch in self._file.iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                yield " ".join(str(value) for value in row.values())

    def row(self, index: int) -> tuple[int, JsonObject]:
        start, rows = self._held
        if not start <= index < start + len(rows):
            self._held = start, rows = self._around(index)
        return index + 1, rows[index - start]

    def _around(self, index: int) -> tuple[int, list[JsonObject]]:
        group = max(number for number, start in enumerate(self._starts[:-1]) if start <= index)
        start, end = self._starts[group], self._starts[group + 1]
        size = end - start if end - start <= _HELD else _BATCH
        for batch in self._file.iter_batches(batch_size=size, row_groups=[group]):
            if start <= index < start + batch.num_rows:
                return start, [_without_nulls(row) for row in batch.to_pylist()]
            start += batch.num_rows
        raise IndexError(index)


class PagedRows:
    """The rows of files, numbered from 0 through all of them once `scan` has been through.

    Memory holds where they stand, not what they are.

    Args:
        files: JSON lines (read where they are), what else `read_rows` reads (unpacked onto the disk), or Parquet.
    """

    def __init__(self, files: Sequence[str | Path]) -> None:
        self._files = [_Parquet(str(file)) if is_parquet(file) else _Lines(str(file)) for file in files]
        self._starts: list[int] = []
        self._number = 0

    def __len__(self) -> int:
        return self._number

    def scan(self) -> Iterator[tuple[Place, JsonObject | FormatError]]:
        """Yield every row and where it stands, a FormatError in the place of one that cannot be read; only once.

        Raises:
            InputError: If a file as a whole is unusable.
        """
        for file in self._files:
            self._starts.append(self._number)
            for line, value in file.scan():
                self._number += not isinstance(value, FormatError)
                yield Place(file.name, line), value

    def texts(self) -> Iterator[str]:
        """Yield all rows again, by number, each as text that holds at least every text that is in it."""
        for file in self._files:
            yield from file.texts()

    def row(self, number: int) -> tuple[Place, JsonObject]:
        """Return a row by its number: rows that could not be read have none.

        Raises:
            FormatError: If it is no longer what it was.
        """
        at = max(n for n, start in enumerate(self._starts) if start <= number)
        line, value = self._files[at].row(number - self._starts[at])
        return Place(self._files[at].name, line), value


def files_in(path: str | Path) -> list[str]:
    """Return the files of rows in a folder by name, or the file itself.

    Raises:
        InputError: If there is nothing there, or nothing of the kind.
    """
    place = Path(path)
    if place.is_file():
        return [str(path)]
    if not place.is_dir():
        raise InputError("there is no such file or folder", file=str(path), cure="name one that is there")
    found = sorted(str(file) for file in place.iterdir() if file.name.endswith(_ENDINGS) and file.name[0] not in "._")
    if not found:
        cure = "name a folder with .jsonl or .parquet files"
        raise InputError("the folder holds no file of rows", file=str(path), cure=cure)
    return found


def _plain(name: str) -> bool:
    """Tell whether a file is JSON lines: its first line is an object by itself."""
    try:
        with Path(name).open("rb") as stream:
            line = next((line for line in iter(lambda: stream.readline(1 << 24), b"") if line.strip()), b"{}")
        return isinstance(parse_json(line), dict)
    except (OSError, ValueError):
        return False


def _parsed(line: bytes, file: str, number: int) -> JsonObject | FormatError:
    try:
        value = parse_json(line)
    except ValueError as error:
        return FormatError(
            f"the record is not JSON: {error}", file=file, line=number, cure="write it again, or remove it"
        )
    if not isinstance(value, dict):
        return FormatError("the record is no JSON object", file=file, line=number, cure="write one object a line")
    return value


def _without_nulls(value: Any) -> Any:
    """Return a value of Arrow without what a struct lacks, which is null there."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
