"""Input cut into shards: parts of files that workers read for themselves, each with a digest of what it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Literal, NamedTuple

from gem_sim.errors import FormatError, InputError
from gem_sim.formats.lines import CHUNK_BYTES, Chunks, display_name
from gem_sim.formats.parquet import is_parquet, parquet_size, write_parquet
from gem_sim.formats.rows import (
    JsonObject,
    Row,
    dump_json,
    holds_lines,
    parquet_row_range,
    read_lines,
    read_rows,
    whole_rows,
    write_rows,
)

KINDS = (".jsonl", ".json", ".ndjson", ".gz", ".parquet")


class Shard(NamedTuple):
    """A part of a file. `number` counts from 0 over all files.

    `file` is the name for errors, `path` where the bytes are. `start` and `end` are bytes of JSON lines, rows of
    Parquet; *spooled* are rows of an input that cannot be read from its middle, written out with their lines; *whole*
    is a file that is one text. `line` is that of its first byte, from 1. `digest` is over what it holds.
    """

    number: int
    file: str
    path: str
    kind: Literal["lines", "parquet", "spooled", "whole"]
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


def plan(
    files: Sequence[str], size: int, spool: Path, *, is_text: Callable[[str], bool] = lambda _file: False
) -> Iterator[Shard]:
    """Yield the shards of files in order, each of about `size` rows, as they become known.

    JSON lines and Parquet are read where they are. What cannot be cut (packed files, arrays, standard input) goes to
    `spool`, a folder, shard by shard. A file that `is_text` is one row with its `text`.

    Raises:
        InputError: If a file as a whole is unusable.
    """
    number = 0
    for file in files:
        if is_text(file):
            shards = _of_text(file)
        elif is_parquet(file):
            shards = _of_parquet(file, size)
        elif holds_lines(file):
            shards = _of_lines(file, size)
        else:
            shards = _spooled(file, size, spool, number)
        for shard in shards:
            yield shard._replace(number=number)
            number += 1


def write_shards(
    folder: Path, rows: Iterable[JsonObject], size: int, columns: dict[str, str] | None = None
) -> Iterator[Path]:
    """Write rows to `part-<number>` files of a folder, each whole or not at all, and yield each file.

    Args:
        folder: It is there; parts of an earlier run beyond the last are removed.
        rows: Taken one by one.
        size: How many rows a shard has.
        columns: See `write_parquet`; None: JSON lines.
    """
    remaining = iter(rows)
    ending = ".jsonl" if columns is None else ".parquet"
    written: set[Path] = set()
    while (first := next(remaining, None)) is not None:
        path = folder / f"part-{len(written):06}{ending}"
        part = chain([first], islice(remaining, size - 1))
        if columns is None:
            write_rows(path, part)
        else:
            write_parquet(path, part, columns)
        written.add(path)
        yield path
    for path in set(folder.glob("part-*")) - written:
        path.unlink()


def rows_of(shard: Shard) -> Iterator[Row]:
    """Yield the rows of a shard; the lines are those of the whole file."""
    if shard.kind == "parquet":
        yield from parquet_row_range(shard.path, shard.start, shard.end)
    elif shard.kind == "whole":
        yield from whole_rows(shard.path)
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


def _of_text(file: str) -> Iterator[Shard]:
    yield Shard(0, file, str(Path(file).resolve()), "whole", 0, 0, 1, _digest_of(file))


def _digest_of(file: str) -> str:
    total = hashlib.sha256()
    try:
        with Path(file).open("rb") as stream:
            while piece := stream.read(CHUNK_BYTES):
                total.update(piece)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"the file cannot be read: {reason}", file=file, cure="name a readable file") from error
    return total.hexdigest()


def _of_parquet(file: str, size: int) -> Iterator[Shard]:
    path, rows, whole = Path(file).resolve(), parquet_size(file), _digest_of(file)
    for start in range(0, rows, size):
        end = min(rows, start + size)
        digest = f"{whole}:{start}-{end}"
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
