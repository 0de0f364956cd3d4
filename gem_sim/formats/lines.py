"""The bytes of a data file: opened, unpacked, and cut into lines of bounded length."""

from __future__ import annotations

import codecs
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from gem_sim.errors import InputError

CHUNK_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
CUT_SHORT = "the gzip data end too early, so the records from here on are lost"

# Recognised to name the cure; without it each line of such a file would be a fault of its own.
_FOREIGN = (
    (b"PAR1", "a Parquet file", "convert it to JSON lines"),
    (b"PK\x03\x04", "a zip archive", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it with zstd -d"),
    (b"BZh", "compressed with bzip2", "unpack it with bunzip2"),
    (b"\xfd7zXZ\x00", "compressed with xz", "unpack it with unxz"),
    (codecs.BOM_UTF32_LE, "text in UTF-32", "save it as UTF-8"),
    (codecs.BOM_UTF32_BE, "text in UTF-32", "save it as UTF-8"),
    (codecs.BOM_UTF16_LE, "text in UTF-16", "save it as UTF-8"),
    (codecs.BOM_UTF16_BE, "text in UTF-16", "save it as UTF-8"),
)


class Line(NamedTuple):
    """One line without its end; `number` counts from 1.

    `fault` says why the line cannot be read (`data` is then empty); None means that it can.
    """

    number: int
    data: bytes
    fault: str | None


class Chunks:
    """The unpacked bytes of a file, in pieces of bounded size; can be iterated once.

    `fault` says, once the pieces are used up, what is missing at the end; None means nothing.

    Args:
        path: The file, packed with gzip or not; "-" for standard input.

    Raises:
        InputError: While iterating, where the file is missing, unreadable, corrupt or no UTF-8 text.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.file = display_name(path)
        self.fault: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._unpacked()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(
                f"the file cannot be read: {reason}",
                file=self.file,
                cure="name a readable file, or - for stdin",
            ) from error
        except zlib.error as error:
            raise InputError(
                f"the gzip data are corrupt ({error})", file=self.file, cure="pack the file again"
            ) from error

    def _unpacked(self) -> Iterator[bytes]:
        if str(self.path) == "-":
            yield from self._unpack(sys.stdin.buffer)
            return
        with Path(self.path).open("rb") as stream:
            yield from self._unpack(stream)

    def _unpack(self, stream: BinaryIO) -> Iterator[bytes]:
        head = stream.read(len(GZIP_MAGIC))
        raw = _pieces(head, stream)
        pieces = self._inflate(raw) if head == GZIP_MAGIC else raw
        start = b""
        for piece in pieces:
            start += piece
            # Enough to tell the encoding, and an array from lines.
            if len(start.strip()) >= 4:
                break
        check_text(start, self.file)
        yield start
        yield from pieces

    def _inflate(self, raw: Iterator[bytes]) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(wbits=31)
        for piece in raw:
            data = piece
            while data:
                if unpacker.eof:
                    # Members may be followed by zero padding and by further members.
                    data = data.lstrip(b"\0")
                    unpacker = zlib.decompressobj(wbits=31) if data else unpacker
                    continue
                yield unpacker.decompress(data, CHUNK_BYTES)
                data = unpacker.unused_data or unpacker.unconsumed_tail
        # Output held back by the limit on a piece's size comes with an empty input.
        while not unpacker.eof and (rest := unpacker.decompress(b"", CHUNK_BYTES)):
            yield rest
        if not unpacker.eof:
            self.fault = CUT_SHORT


def display_name(path: str | Path) -> str:
    """Return how errors name a file: as given, "<stdin>" for "-"."""
    return "<stdin>" if str(path) == "-" else str(path)


def _pieces(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    # Piped input should be passed on as it comes, where the stream can say so.
    read = getattr(stream, "read1", stream.read)
    piece = head
    while piece:
        yield piece
        piece = read(CHUNK_BYTES)


def check_text(start: bytes, file: str) -> None:
    """Raise InputError where the first bytes of a file show that it is not UTF-8 text."""
    for magic, what, cure in _FOREIGN:
        if start.startswith(magic):
            raise InputError(f"the file is {what}", file=file, line=1, cure=cure)
    if b"\0" in start[:4]:
        raise InputError("the file is text in UTF-16 or UTF-32, or no text", file=file, line=1, cure="save it as UTF-8")
    if b"\0" in start and start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] not in (b"{", b"["):
        raise InputError("the file is no text", file=file, line=1, cure="name a file of JSON")


def split_lines(chunks: Chunks, limit: int) -> Iterator[Line]:
    """Yield the lines, holding at most `limit` bytes of one; a longer one has a fault and no data.

    Input that ends too early ends with a Line that says so.
    """
    number, size = 1, 0
    held: list[bytes] = []
    try:
        for chunk in chunks:
            *ended, rest = chunk.split(b"\n")
            for part in ended:
                yield _line(number, held, part, size, limit)
                number, size = number + 1, 0
                held.clear()
            size += len(rest)
            if size <= limit:
                held.append(rest)
            else:
                held.clear()
    except InputError as error:
        error.line = error.line or number
        raise
    if chunks.fault is not None:
        yield Line(number, b"", chunks.fault)
    elif size:
        yield _line(number, held, b"", size, limit)


def _line(number: int, held: list[bytes], part: bytes, size: int, limit: int) -> Line:
    if size + len(part) > limit:
        return Line(number, b"", f"the record is longer than {limit} bytes")
    return Line(number, b"".join(held) + part if held else part, None)
