"""Texts as they come: JSON lines, plain text, HTML, Parquet, web archives, and folders of these, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from gem_sim.errors import FormatError, InputError
from gem_sim.formats.lines import Chunks, display_name
from gem_sim.formats.rows import JsonObject, read_rows
from gem_sim.pipeline.webarchive import SUFFIXES, read_pages

TEXT_KEYS = ("text", "content", "body", "passage", "raw_text", "document")
_PLAIN = (".txt", ".md", ".rst", ".adoc", ".text")
_HTML = (".html", ".htm", ".xhtml")
_ROWS = (".jsonl", ".json", ".ndjson")
_BREAKS = frozenset(
    ("p", "div", "br", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "pre", "table")
)
_SILENT = frozenset(("script", "style", "head", "nav", "footer", "template", "noscript", "svg"))
_PARQUET_ROWS = 256
_MAIN = re.compile(r"<(main|article)\b.*</\1>", re.DOTALL | re.IGNORECASE)
_SPACE = re.compile(r"\s+")


class Document(NamedTuple):
    """A text with where it came from; `row` is the input's own object, `{}` for a plain file."""

    id: str
    text: str
    row: JsonObject
    file: str
    line: int


def read_documents(paths: Iterable[str | Path]) -> Iterator[Document]:
    """Yield the documents of files and folders in order; the files of a folder by name.

    Rows hold their text under one of `TEXT_KEYS`; a row without an id gets `<file stem>:<line>`.

    Raises:
        InputError: If a file cannot be read, or has a kind that is not known.
        FormatError: At a row without text.
    """
    for path in paths:
        if str(path) != "-" and Path(path).is_dir():
            kinds = (*_PLAIN, *_HTML, *_ROWS, *SUFFIXES, ".parquet", ".gz")
            inside = (item for item in Path(path).rglob("*") if item.suffix.lower() in kinds and item.is_file())
            yield from read_documents(sorted(inside))
        else:
            yield from _of_file(path)


def _of_file(path: str | Path) -> Iterator[Document]:
    file = display_name(path)
    suffix = Path(file.removesuffix(".gz")).suffix.lower()
    stem = Path(file).name.removesuffix(".gz").rpartition(".")[0] or Path(file).name
    if suffix in _PLAIN or suffix in _HTML:
        text = b"".join(Chunks(path)).decode("utf-8-sig", "replace")
        yield Document(stem, html_text(text) if suffix in _HTML else text, {}, file, 1)
    elif suffix == ".parquet":
        yield from (_document(row, file, number, stem) for number, row in _parquet(path))
    elif suffix in SUFFIXES:
        for page in read_pages(path):
            text = html_text(page.text) if page.html else page.text
            yield Document(f"{stem}:{page.number}", text, page.row, file, page.number)
    elif suffix in _ROWS or str(path) == "-":
        for line, row in read_rows(path):
            if isinstance(row, FormatError):
                raise row
            yield _document(row, file, line, stem)
    else:
        cure = f"give text ({', '.join(_PLAIN)}), HTML, JSON lines, Parquet, WARC or a folder of these"
        raise InputError(f"the kind of file {suffix or 'without an ending'!r} is not known", file=file, cure=cure)


def _document(row: JsonObject, file: str, line: int, stem: str) -> Document:
    text = next((row[key] for key in TEXT_KEYS if isinstance(row.get(key), str)), None)
    if not isinstance(text, str):
        cure = f"put it under one of {', '.join(TEXT_KEYS)}"
        raise FormatError("the row has no text", file=file, line=line, cure=cure)
    name = row.get("id")
    known = isinstance(name, str | int) and not isinstance(name, bool) and str(name)
    return Document(str(name) if known else f"{stem}:{line}", text, row, file, line)


def _parquet(path: str | Path) -> Iterator[tuple[int, JsonObject]]:
    try:
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        cure = "pip install 'gem-sim[parquet]'"
        raise InputError("Parquet needs the package pyarrow", file=str(path), cure=cure) from None
    number = 0
    for batch in parquet.ParquetFile(path).iter_batches(batch_size=_PARQUET_ROWS):
        for row in batch.to_pylist():
            number += 1
            yield number, row


class _Words(HTMLParser):
    """Gathers the visible text, a line for each block; items of lists keep a marker, headings theirs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        # How many `pre` are open: in them line ends are what they are.
        self.kept = 0
        self.numbered: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - given by the base
        if tag in _SILENT:
            self.silent += 1
        self.kept += tag == "pre"
        if tag in ("ol", "ul"):
            self.numbered.append(0 if tag == "ol" else None)
        if tag in _BREAKS:
            self.parts.append("\n" if tag in ("li", "tr", "br") else "\n\n")
        if tag == "li":
            count = self.numbered[-1] if self.numbered else None
            if count is not None:
                self.numbered[-1] = count + 1
            self.parts.append("- " if count is None else f"{count + 1}. ")
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.parts.append("#" * int(tag[1]) + " ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self.silent:
            self.silent -= 1
        if tag in ("ol", "ul") and self.numbered:
            self.numbered.pop()
        if tag in _BREAKS and tag not in ("li", "tr", "br"):
            self.parts.append("\n")
        self.kept -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data if self.kept > 0 else _SPACE.sub(" ", data))


def html_text(page: str) -> str:
    """Return the visible text of a page, of its main part where it has one; lists and headings as in Markdown."""
    words = _Words()
    # What stands around the main part is the same on every page of a site.
    main = _MAIN.search(page)
    words.feed(page if main is None else main[0])
    words.close()
    lines = [" ".join(line.split()) for line in "".join(words.parts).split("\n")]
    kept = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return "\n".join(kept).strip() + "\n"


def text_key(row: JsonObject) -> str:
    """Return the key under which a row holds its text, `text` where it holds none."""
    return next((key for key in TEXT_KEYS if isinstance(row.get(key), str)), "text")


def label_of(row: JsonObject) -> bool | None:
    """Return whether a labelled row is a procedure, None where it has no label."""
    label: JsonValue = row.get("label")
    if isinstance(label, bool):
        return label
    return (
        None if not isinstance(label, str | int) else str(label).lower() in ("procedural", "keep", "yes", "1", "true")
    )
