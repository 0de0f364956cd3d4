"""Files of JSON objects: one object a line, one array, or one object over many lines; read and written."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from pydantic import JsonValue

from gem_sim.canonical import parse_json
from gem_sim.errors import FormatError
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.lines import GZIP_MAGIC, Chunks, Line, display_name, split_lines
from gem_sim.formats.parquet import is_parquet, json_of, parquet_rows

__all__ = [
    "MAX_DOCUMENT_BYTES",
    "MAX_RECORD_BYTES",
    "JsonObject",
    "Row",
    "atomic_text",
    "dump_json",
    "read_rows",
    "write_rows",
]

MAX_RECORD_BYTES = 64 << 20
MAX_DOCUMENT_BYTES = 1 << 30

JsonObject: TypeAlias = dict[str, JsonValue]

_BOM = "\ufeff"
_FIX = "fix the record or remove it"
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_STRING_BYTES = re.compile(_STRING.encode(), re.DOTALL)
# A quotation mark that no string begins with is one that is never closed.
_TOKEN = re.compile(rf'{_STRING}|["{{}}\[\],]', re.DOTALL)
_SPACE = re.compile(r"\s*")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Row(NamedTuple):
    """A JSON object of a file, or why there is none; `line` is where it starts, from 1."""

    line: int
    value: JsonObject | FormatError


class _Span(NamedTuple):
    """Where a record stands in a document; `whole` is False for what the document's end cuts off."""

    start: int
    end: int
    whole: bool


def read_rows(
    path: str | Path,
    *,
    max_record_bytes: int = MAX_RECORD_BYTES,
    max_document_bytes: int = MAX_DOCUMENT_BYTES,
) -> Iterator[Row]:
    """Yield the JSON objects of a file in order, a FormatError in the place of each unreadable one.

    The file's content decides what it is, not its name: JSON lines and Parquet are streamed, an array or objects
    written over several lines are held whole. Blank lines are skipped; gzip and a byte order mark are accepted.

    Args:
        path: The file; "-" reads standard input.
        max_record_bytes: A longer line is an unreadable record.
        max_document_bytes: Of an array or a pretty-printed file that is longer, nothing is read.

    Raises:
        InputError: If the file as a whole is unusable: missing, a folder, corrupt gzip, not UTF-8 at all.
    """
    if is_parquet(path):
        yield from parquet_row_range(path)
        return
    chunks = Chunks(path)
    pieces = iter(chunks)
    first = next(pieces, b"")
    start = first.removeprefix(_BOM.encode())
    if start.lstrip().startswith(b"["):
        data = _gather(itertools.chain([start], pieces), max_document_bytes)
        yield from _document_rows(data, chunks.fault, chunks.file, max_document_bytes)
        return
    resumed = _Resumed(chunks, start, pieces)
    yield from _line_rows(split_lines(resumed, max_record_bytes), chunks.file, max_document_bytes)


class _Resumed(Chunks):
    """Chunks whose beginning was looked at already."""

    def __init__(self, chunks: Chunks, first: bytes, rest: Iterator[bytes]) -> None:
        super().__init__(chunks.path)
        self._chunks, self._first, self._rest = chunks, first, rest

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        yield from self._rest
        self.fault = self._chunks.fault


def parquet_row_range(path: str | Path, start: int = 0, end: int | None = None) -> Iterator[Row]:
    """Yield rows of a Parquet file from row `start` to before `end`; a row's line is its number from 1."""
    for number, row in parquet_rows(path, start, end):
        try:
            value = json_of(row)
        except ValueError as error:
            yield Row(number, _unreadable(f"the row is not JSON: {error}", display_name(path), number))
        else:
            assert isinstance(value, dict)
            yield Row(number, value)


def whole_rows(path: str | Path) -> Iterator[Row]:
    """Yield a file of plain text as one row with its `text`.

    Raises:
        InputError: If it cannot be read, or is no text.
    """
    yield Row(1, {"text": b"".join(Chunks(path)).decode("utf-8-sig", "replace")})


def holds_lines(path: str | Path) -> bool:
    """Tell whether a file holds JSON lines that can be read from any line on: not packed, no document, no stream.

    Raises:
        InputError: If the file as a whole is unusable.
    """
    if str(path) == "-" or (Path(path).exists() and not Path(path).is_file()):
        return False
    if Path(path).is_file():
        with Path(path).open("rb") as stream:
            if stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC:
                return False
    chunks = Chunks(path)
    pieces = iter(chunks)
    first = next(pieces, b"")
    if first.removeprefix(_BOM.encode()).lstrip().startswith(b"["):
        return False
    _, shown = _head(split_lines(_Resumed(chunks, first.removeprefix(_BOM.encode()), pieces), MAX_RECORD_BYTES))
    return not _pretty_printed(shown)


def read_lines(chunks: Chunks, first: int, max_record_bytes: int = MAX_RECORD_BYTES) -> Iterator[Row]:
    """Yield the rows of JSON lines; the first has the number `first`."""
    numbered = (line._replace(number=line.number + first - 1) for line in split_lines(chunks, max_record_bytes))
    yield from _rows_of_lines(numbered, chunks.file)


def _head(lines: Iterator[Line]) -> tuple[list[Line], list[bytes]]:
    """Return the first lines, and what of them shows whether each is a record of its own."""
    head: list[Line] = []
    shown: list[bytes] = []
    for line in lines:
        head.append(line)
        if line.data.strip() or line.fault:
            shown.append(line.data)
        if len(shown) == 3 or (shown and not _still_open(shown[0])):
            break
    return head, shown


def _line_rows(lines: Iterator[Line], file: str, limit: int) -> Iterator[Row]:
    """Yield the rows of lines, unless the first lines show one object written over many lines."""
    head, shown = _head(lines)
    lines = itertools.chain(head, lines)
    if _pretty_printed(shown):
        yield from _many_line_rows(lines, file, limit)
    else:
        yield from _rows_of_lines(lines, file)


def _rows_of_lines(lines: Iterator[Line], file: str) -> Iterator[Row]:
    for line in lines:
        if line.fault is not None:
            yield Row(line.number, _unreadable(line.fault, file, line.number))
        elif line.data.strip():
            yield Row(line.number, _parse_line(line, file))


def _pretty_printed(shown: list[bytes]) -> bool:
    """Tell whether lines begin an object written over many lines, rather than hold a record each."""
    if len(shown) < 2 or not _still_open(shown[0]):
        return False
    second, third = shown[1], b"".join(shown[2:]).lstrip()
    # A record of its own after a record that was cut off; but a closing bracket would end the first one.
    alone = second.startswith(b"{") and not _still_open(second) and not second.rstrip().endswith(b",")
    return not alone or third.startswith((b"]", b"}"))


def _still_open(data: bytes) -> bool:
    """Tell whether JSON text ends between two tokens with brackets left open."""
    bare = _STRING_BYTES.sub(b"", data)
    if b'"' in bare:
        return False
    opened: list[int] = []
    for mark in re.findall(rb"[\[\]{}]", bare):
        if mark in b"[{":
            opened.append(mark[0])
        elif not opened or mark[0] - opened.pop() != 2:
            return False
    return bool(opened)


def _many_line_rows(lines: Iterator[Line], file: str, limit: int) -> Iterator[Row]:
    fault: list[str] = []
    data = _gather(_kept(lines, fault), limit)
    rows = list(_document_rows(data, next(iter(fault), None), file, limit))
    # JSON lines of which the first is cut off begin like an object written over many lines.
    if len(rows) == 1 and isinstance(rows[0].value, FormatError) and not fault and len(data) <= limit:
        numbered = [Line(number, part, None) for number, part in enumerate(data.split(b"\n"), start=1)]
        single = [Row(line.number, _parse_line(line, file)) for line in numbered if line.data.strip()]
        starts = (line.data.startswith(b"{") for line in numbered if line.data.strip())
        if any(isinstance(row.value, dict) and at_start for row, at_start in zip(single, starts, strict=True)):
            rows = single
    yield from rows


def _kept(lines: Iterator[Line], fault: list[str]) -> Iterator[bytes]:
    """Yield the lines with their ends up to one that has a fault, which goes to `fault`."""
    for line in lines:
        if line.fault is not None:
            fault.append(line.fault)
            return
        yield line.data + b"\n"


def _gather(pieces: Iterable[bytes], limit: int) -> bytes:
    """Return the pieces joined, and no more of them than shows that they are beyond `limit` bytes."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > limit:
            break
    return b"".join(held)


def _parse_line(line: Line, file: str) -> JsonObject | FormatError:
    try:
        text = line.data.decode()
    except UnicodeDecodeError as error:
        return _unreadable(_not_utf8(error), file, line.number, "save the file as UTF-8")
    return _parse(text.removeprefix(_BOM), file, line.number)


def _not_utf8(error: UnicodeDecodeError) -> str:
    wrong = error.object[error.start]
    line_start = error.object.rfind(b"\n", 0, error.start) + 1
    return f"the record is not UTF-8: byte 0x{wrong:02x} at byte {error.start - line_start + 1} of the line"


def _parse(text: str, file: str, line: int) -> JsonObject | FormatError:
    try:
        value = parse_json(text)
    except ValueError as error:
        return _unreadable(f"the record is not JSON: {_reason(error, line)}", file, line)
    if not isinstance(value, dict):
        return _unreadable(f"the record is {kind_of(value)}, not a JSON object", file, line)
    return value


def _reason(error: ValueError, line: int) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    place = f"column {error.colno}"
    return f"{error.msg} at {place}" if error.lineno == 1 else f"{error.msg} at line {line + error.lineno - 1}, {place}"


def _unreadable(message: str, file: str, line: int, cure: str = _FIX) -> FormatError:
    return FormatError(message, file=file, line=line, cure=cure)


def kind_of(value: object) -> str:
    """Return what a JSON value is, with its article, for an error."""
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def _document_rows(data: bytes, fault: str | None, file: str, limit: int) -> Iterator[Row]:
    """Yield the records of a document: the items of its arrays, and its objects.

    What comes before a break is salvaged; after it comes one error.
    """
    if len(data) > limit:
        message = f"the document is larger than {limit} bytes"
        yield Row(1, _unreadable(message, file, 1, "write it as JSON lines, one object a line"))
        return
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        text, fault = data[: error.start].decode(), _not_utf8(error)
    line, seen = 1, 0
    broken = False
    for span in _spans(text):
        start = min(_SPACE.match(text, span.start).end(), span.end)  # type: ignore[union-attr]
        line, seen = line + text.count("\n", seen, start), start
        broken = not span.whole
        if span.whole:
            yield Row(line, _parse(text[start : span.end], file, line))
        else:
            yield Row(line, _cut_off(text[start : span.end], fault, file, line))
    if fault is not None and not broken:
        line += text.count("\n", seen)
        yield Row(line, _unreadable(fault, file, line))


def _cut_off(text: str, fault: str | None, file: str, line: int) -> FormatError:
    if fault is not None:
        return _unreadable(fault, file, line)
    wrong = _parse(text, file, line) if text.strip() else None
    if isinstance(wrong, FormatError):
        return wrong
    return _unreadable("the file ends before its array does", file, line, "write the file again, whole")


def _spans(text: str) -> Iterator[_Span]:
    """Yield where the items of top-level arrays, and top-level objects, stand; brackets decide, not grammar."""
    base = depth = start = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == '"':
            break
        if mark in "{[":
            if depth == 0:
                if text[start : token.start()].strip():
                    yield _Span(start, token.start(), True)
                base = int(mark == "[")
                start = token.start() + base
            depth += 1
        elif mark in "}]":
            if depth == 0 or (depth == base and mark == "}"):
                break
            depth -= 1
            if depth == 0:
                end = token.end() - base
                if text[start:end].strip():
                    yield _Span(start, end, True)
                base, start = 0, token.end()
        elif mark == "," and depth == base == 1:
            yield _Span(start, token.start(), True)
            start = token.end()
    else:
        if depth == base == 1 and text[start:].strip():
            yield _Span(start, len(text), True)
            start = len(text)
    if base or text[start:].strip():
        yield _Span(start, len(text), False)


def dump_json(value: object) -> str:
    """Return a JSON value on one line, other scripts readable, lone surrogates escaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_rows(path: str | Path, rows: Iterable[JsonObject]) -> int:
    """Write JSON objects, whole or not at all, and return how many.

    JSON lines, or one array where the name ends in `.json` or `.json.gz`; a name in `.gz` is packed.

    Raises:
        InputError: If the file cannot be written.
    """
    name = Path(path).name.removesuffix(".gz")
    opening, between, closing = ("[\n", ",\n", "\n]\n") if name.endswith(".json") else ("", "\n", "\n")
    count = 0
    with atomic_text(path) as stream:
        for row in rows:
            stream.write((between if count else opening) + dump_json(row))
            count += 1
        stream.write(closing if count else opening.strip() + closing.strip())
    return count
