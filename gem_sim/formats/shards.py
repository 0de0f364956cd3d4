"""Input cut into shards: parts of files that workers read for themselves, each with a digest of what it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from gem_sim.errors import FormatError, InputError
from gem_sim.formats.lines import CHUNK_BYTES, Chunks, display_name
from gem_sim.formats.parquet import is_parquet, parquet_size
from gem_sim.formats.rows import Row, dump_json, holds_lines, parquet_row_range, read_lines, read_rows

KINDS = (".jsonl", ".json", ".ndjson", ".gz", ".parquet")


class Shard(NamedTuple):
    """A part of a file. `number` counts from 0 over all files.

    `file` is the name for errors, `path` where the bytes are. `start` and `end` are bytes of JSON lines, rows of
    Parquet; *spooled* are rows of an input that cannot be read from its middle, written out with their lines. `line`
    is that of its first byte, from 1. `digest` is over what it holds.
    """

    number: int
    file: str
    path: str
    kind: Literal["lines", "parquet", "spooled"]
    start: int
    end: int
    line: int
    digest: str


def files_of(paths: Sequence[str]) -> list[str]:
    """Return the files of paths in order, those of a folder by name; hidden ones and those with `_` in front are not.

    Raises:
        InputError: If a folder has no file of `KINDS`.
    """
    found: list[str] = []
    for path in paths:
        if path == "-" or not Path(path).is_dir():
            found.append(path)
            continue
        inside = (item for item in Path(path).iterdir() if item.is_file() and item.suffix.lower() in KINDS)
        files = sorted(str(item) for item in inside if not item.name.startswith(("_", ".")))
        if not files:
            raise InputError("the folder has no data file", file=path, cure=f"put files of {', '.join(KINDS)} there")
        found += files
    return found


def plan(files: Sequence[str], size: int, spool: Path) -> Iterator[Shard]:
    """Yield the shards of files in order, each of about `size` rows, as they become known.

    JSON lines and Parquet are read where they are. What cannot be cut (packed files, arrays, standard input) goes to
    `spool`, a folder, shard by shard.

    Raises:
        InputError: If a file as a whole is unusable.
    """
    number = 0
    for file in files:
        if is_parquet(file):
            shards = _of_parquet(file, size)
        elif holds_lines(file):
            shards = _of_lines(file, size)
        else:
            shards = _spooled(file, size, spool, number)
        for shard in shards:
            yield shard._replace(number=number)
            number += 1


def rows_of(shard: Shard) -> Iterator[Row]:
    """Yield the rows of a shard; the lines are those of the whole file."""
    if shard.kind == "parquet":
        yield from parquet_row_range(shard.path, shard.start, shard.end)
    elif shard.kind == "lines":
        yield from read_lines(_Range(shard), shard.line)
    else:
        for held in read_lines(_Range(shard), 1):
            yield _unspooled(held, shard.file)


class _Range(Chunks):
    """The bytes of a shard."""

    def __init__(self, shard: Shard) -> None:
        super().__init__(shard.path)
        self.file = shard.file
        self._start, self._end = shard.start, shard.end

    def _unpacked(self) -> Iterator[bytes]:
        with Path(self.path).open("rb") as stream:
            stream.seek(self._start)
            left = self._end - self._start
            while left > 0 and (piece := stream.read(min(left, CHUNK_BYTES))):
                left -= len(piece)
                yield piece


def _of_lines(file: str, size: int) -> Iterator[Shard]:
    path = str(Path(file).resolve())
    start = at = 0
    line = first = 1
    total = hashlib.sha256()
    for piece in Chunks(file):
        done = seen = 0
        while (found := piece.find(b"\n", seen)) >= 0:
            seen = found + 1
            line += 1
            if line - first == size:
                total.update(piece[done:seen])
                yield Shard(0, file, path, "lines", start, at + seen, first, total.hexdigest())
                start, first, done = at + seen, line, seen
                total = hashlib.sha256()
        total.update(piece[done:])
        at += len(piece)
    if at > start:
        yield Shard(0, file, path, "lines", start, at, first, total.hexdigest())


def _of_parquet(file: str, size: int) -> Iterator[Shard]:
    path, rows = Path(file).resolve(), parquet_size(file)
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            total.update(piece)
    for start in range(0, rows, size):
        end = min(rows, start + size)
        digest = f"{total.hexdigest()}:{start}-{end}"
        yield Shard(0, file, str(path), "parquet", start, end, start + 1, digest)


def _spooled(file: str, size: int, spool: Path, number: int) -> Iterator[Shard]:
    rows = read_rows(file)
    while held := list(islice(rows, size)):
        data = "".join(f"{dump_json(_spool_row(row))}\n" for row in held).encode()
        path = spool / f"{number:06}.jsonl"
        path.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        yield Shard(0, display_name(file), str(path.resolve()), "spooled", 0, len(data), held[0].line, digest)
        number += 1


def _spool_row(row: Row) -> dict[str, object]:
    if isinstance(row.value, FormatError):
        return {"line": row.line, "error": row.value.message, "cure": row.value.cure}
    return {"line": row.line, "row": row.value}


def _unspooled(held: Row, file: str) -> Row:
    value = held.value
    if isinstance(value, FormatError):
        raise value
    line = int(str(value["line"]))
    row = value.get("row")
    if isinstance(row, dict):
        return Row(line, row)
    cure = value.get("cure")
    return Row(line, FormatError(str(value["error"]), file=file, line=line, cure=None if cure is None else str(cure)))
