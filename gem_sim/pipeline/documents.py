"""Texts as they come: JSON lines, plain text, HTML, Parquet, and folders of these, one document at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from gem_sim.errors import FormatError, InputError
from gem_sim.formats.lines import display_name
from gem_sim.formats.rows import JsonObject, Row, read_rows, whole_rows

TEXT_KEYS = ("text", "content", "body", "passage", "raw_text", "document")
_PLAIN = (".txt", ".md", ".rst", ".adoc", ".text")
_HTML = (".html", ".htm", ".xhtml")
_ROWS = (".jsonl", ".json", ".ndjson", ".parquet")
_BREAKS = frozenset(
    ("p", "div", "br", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "pre", "table")
)
_SILENT = frozenset(("script", "style", "head", "nav", "footer", "template", "noscript", "svg"))
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
    for file in text_files(paths):
        rows = whole_rows(file) if is_text(file) else read_rows(file)
        for row in rows:
            yield document_of(display_name(file), row)


def text_files(paths: Iterable[str | Path]) -> Iterator[str]:
    """Yield the files of files and folders in order, those of a folder by name.

    Raises:
        InputError: If a file has a kind that is not known.
    """
    for path in paths:
        if str(path) != "-" and Path(path).is_dir():
            kinds = (*_PLAIN, *_HTML, *_ROWS, ".gz")
            inside = (item for item in Path(path).rglob("*") if item.suffix.lower() in kinds and item.is_file())
            yield from text_files(sorted(inside))
            continue
        suffix = _suffix(display_name(path))
        if str(path) != "-" and suffix not in (*_PLAIN, *_HTML, *_ROWS):
            cure = f"give text ({', '.join(_PLAIN)}), HTML, JSON lines, Parquet or a folder of these"
            raise InputError(
                f"the kind of file {suffix or 'without an ending'!r} is not known", file=str(path), cure=cure
            )
        yield str(path)


def is_text(file: str) -> bool:
    """Tell by its name whether a file is one text or page, not rows."""
    return _suffix(file) in (*_PLAIN, *_HTML)


def document_of(file: str, row: Row) -> Document:
    """Return the document of a row, or of a whole file as `whole_rows` gives it.

    Raises:
        FormatError: If the row cannot be read or has no text.
    """
    if isinstance(row.value, FormatError):
        raise row.value
    stem = Path(file).name.removesuffix(".gz").rpartition(".")[0] or Path(file).name
    if not is_text(file):
        return _document(row.value, file, row.line, stem)
    text = str(row.value["text"])
    return Document(stem, html_text(text) if _suffix(file) in _HTML else text, {}, file, 1)


def _suffix(file: str) -> str:
    return Path(file.removesuffix(".gz")).suffix.lower()


def _document(row: JsonObject, file: str, line: int, stem: str) -> Document:
    text = next((row[key] for key in TEXT_KEYS if isinstance(row.get(key), str)), None)
    if not isinstance(text, str):
        cure = f"put it under one of {', '.join(TEXT_KEYS)}"
        raise FormatError("the row has no text", file=file, line=line, cure=cure)
    name = row.get("id")
    known = isinstance(name, str | int) and not isinstance(name, bool) and str(name)
    return Document(str(name) if known else f"{stem}:{line}", text, row, file, line)


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
