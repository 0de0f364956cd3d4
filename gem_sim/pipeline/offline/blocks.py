"""A passage → its blocks (headings, list items, paragraphs) → its sentences, each with its place in the passage."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

BlockKind = Literal["heading", "number", "bullet", "prose"]

_NUMBER = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|\#\.|\(?[a-zA-Z][.)]|\.{1,3}(?=\s)|\*{0,2}[Ss]tep \d+:?\*{0,2})\s+")
_BULLET = re.compile(r"^\s*(?:[-*•+◦▪]|\*\*)\s+|^\s*-$")
_HEADING = re.compile(r"^\s*(?:#{1,6}\s+|={2,6}\s+)(?P<title>.*?)[\s=#]*$")
_UNDERLINE = re.compile(r"^\s*([=\-~^\"*])\1{3,}\s*$")
_FENCE = re.compile(r"^\s*(?:```|~~~|----\s*$|\.\. |image::|::|\|)")
_SENTENCE = re.compile(r"(?<=[.!?:;])[\"”’)*_\]]*\s+(?=[\"“‘(*_\[`]*[A-Z0-9])|;\s+|\.--")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|No|Mr|Mrs|Dr|St|approx|fig|Sec|cf)\.$")


class Block(NamedTuple):
    """A piece of a passage from `start` to `end`, without its list marker."""

    kind: BlockKind
    start: int
    end: int


class Sentence(NamedTuple):
    """A sentence: `quote` verbatim, `text` without markup, the place of the quote, and its block by number."""

    quote: str
    text: str
    start: int
    block: int
    kind: BlockKind


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a passage in order; code, tables and directives are left out."""
    position, fenced = 0, False
    current: tuple[BlockKind, int, int] | None = None
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        start, position = position, position + len(line)
        bare = line.strip()
        if bare.startswith(("```", "~~~")):
            fenced = not fenced
        opens = _opening(line, lines[index + 1] if index + 1 < len(lines) else "")
        if current is not None and (not bare or fenced or opens is not None or _FENCE.match(line)):
            yield Block(*current)
            current = None
        if not bare or fenced or _FENCE.match(line) or _UNDERLINE.match(line):
            continue
        end = start + len(line.rstrip())
        if opens is not None:
            current = (opens[0], start + opens[1], end)
        elif current is None:
            current = ("prose", start + len(line) - len(line.lstrip()), end)
        else:
            current = (current[0], current[1], end)
    if current is not None:
        yield Block(*current)


def _opening(line: str, following: str) -> tuple[BlockKind, int] | None:
    """Return the kind of block that a line opens and the length of its marker; None where it goes on."""
    heading = _HEADING.match(line)
    if heading is not None:
        return "heading", heading.start("title")
    if _UNDERLINE.match(following) and line.strip() and not _NUMBER.match(line):
        return "heading", 0
    for kind, pattern in (("number", _NUMBER), ("bullet", _BULLET)):
        match = pattern.match(line)
        if match is not None:
            return kind, match.end()  # type: ignore[return-value]
    return None


def sentences(text: str) -> list[Sentence]:
    """Return the sentences of a passage in order."""
    found = []
    for number, block in enumerate(blocks(text)):
        for start, end in _cuts(text, block):
            quote = text[start:end].strip()
            bare = plain(quote)
            if any(char.isalpha() for char in bare):
                found.append(Sentence(quote, bare, start, number, block.kind))
    return found


def _cuts(text: str, block: Block) -> Iterator[tuple[int, int]]:
    piece = text[block.start : block.end]
    begin = 0
    if block.kind != "heading":
        for match in _SENTENCE.finditer(piece):
            if _ABBREVIATION.search(piece[: match.start()]):
                continue
            yield block.start + begin, block.start + match.start()
            begin = match.end()
    yield block.start + begin, block.end


def plain(text: str) -> str:
    """Return a text without markup; what was set apart (bold, quoted, code) stands in «»."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\s?(?:\([^)]*\)|\[[^\]]*\])", r"\1", text)
    text = re.sub(r"`([^`<]+?)\s*<[^>]*>`_+", r"\1", text)
    text = re.sub(r"<[^>]{1,300}>|\{[:#][^}]*\}|https?://\S+|\.html\b", " ", text)
    text = re.sub(r"(?:\*\*|__)(.+?)(?:\*\*|__)", r"«\1»", text)
    text = re.sub(r"``?([^`]+)``?|“([^”]+)”|\"([^\"]+)\"|(?<![\w*])[*_]([^*_]+)[*_](?![\w*])", _set_apart, text)
    text = text.replace("’", "'").replace("««", "«").replace("»»", "»")
    return " ".join(re.sub(r"[*`|\\]", "", text).split())


def _set_apart(match: re.Match[str]) -> str:
    return f"«{next(group for group in match.groups() if group).strip()}»"


def folded(text: str) -> str:
    """Return a text in plain ASCII letters."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def unmarked(text: str) -> str:
    """Return a plain text as a person would say it, without the marks of what was set apart."""
    return " ".join(text.replace("«", "").replace("»", "").split())
