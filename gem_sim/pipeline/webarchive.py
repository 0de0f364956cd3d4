"""Pages of web archives (WARC, and WET as made of them), one record at a time."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from gem_sim.errors import InputError
from gem_sim.formats.rows import JsonObject

SUFFIXES = (".warc", ".wet")
_KINDS = frozenset(("response", "resource", "conversion"))
_HTML = frozenset(("text/html", "application/xhtml+xml"))
_PLAIN = frozenset(("text/plain", "text/markdown"))
# What is longer is no page that somebody reads, and is cut.
_MOST_BYTES = 8 << 20
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META_BYTES = 2048
_PIECE_BYTES = 1 << 16


class Page(NamedTuple):
    """A record with a text: its number in the archive from 1, where and when it was got, and whether it is HTML."""

    number: int
    row: JsonObject
    text: str
    html: bool


def read_pages(path: str | Path) -> Iterator[Page]:
    """Yield the pages of an archive, packed or not; what is no page, or was not found, is passed over.

    Raises:
        InputError: If warcio is not installed, or the archive is broken; what stands before the break was yielded.
    """
    try:
        archives: Any = import_module("warcio.archiveiterator")
        faults: Any = import_module("warcio.exceptions")
    except ImportError:
        cure = "pip install 'gem-sim[warc]'"
        raise InputError("a web archive needs the package warcio", file=str(path), cure=cure) from None
    whole = 0
    try:
        with Path(path).open("rb") as stream:
            for number, record in enumerate(archives.ArchiveIterator(stream), start=1):
                page = _page(number, record)
                _drain(record.raw_stream)
                whole = number
                if page is not None:
                    yield page
    except (faults.ArchiveLoadFailed, zlib.error, EOFError) as error:
        message = f"the archive is broken after record {whole}: {' '.join(str(error).split())[:120]}"
        raise InputError(message, file=str(path), cure="get it again, or cut it off there") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"the file cannot be read: {reason}", file=str(path), cure="name a readable file") from None


def _drain(stream: Any) -> None:
    """Read a record to its end, which is missing where the archive breaks off.

    Raises:
        EOFError: If the end is missing; warcio would say nothing.
    """
    while stream.read(_PIECE_BYTES):
        pass
    if getattr(stream, "limit", 0) > 0:
        raise EOFError("the next record is cut off")


def _page(number: int, record: Any) -> Page | None:
    if record.rec_type not in _KINDS:
        return None
    headers = record.http_headers
    if headers is not None and record.rec_type == "response" and headers.get_statuscode() != "200":
        return None
    declared = (headers or record.rec_headers).get_header("Content-Type") or ""
    kind = declared.partition(";")[0].strip().lower()
    if kind not in _HTML and kind not in _PLAIN:
        return None
    data = record.content_stream().read(_MOST_BYTES)
    found = {"url": "WARC-Target-URI", "date": "WARC-Date"}
    row: JsonObject = {key: record.rec_headers.get_header(name) for key, name in found.items()}
    row = {key: value for key, value in row.items() if value}
    return Page(number, row, _decoded(data, declared), kind in _HTML)


def _decoded(data: bytes, declared: str) -> str:
    """Return the text of a page by the charset that it declares, else as UTF-8."""
    named = _CHARSET.search(declared)
    meta = _META.search(data[:_META_BYTES])
    charset = named[1] if named is not None else meta[1].decode("ascii", "replace") if meta is not None else "utf-8"
    try:
        return data.decode("utf-8-sig" if charset.lower() in ("utf-8", "utf8") else charset, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")
