"""JSON values and texts as lines for a page: cut to a bound, nothing invisible in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from gem_sim.canonical import Json, same_json
from gem_sim.tool import is_unspecified

_INLINE = 76
# Control characters, marks and overrides of direction, spaces without width, tags, lone surrogates; not the joiners,
# which are part of ordinary words and emoji.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)


class Limits(NamedTuple):
    """How much of a value a page shows: characters of a text and of a string in JSON, lines, rows of a table."""

    text: int
    string: int
    lines: int
    rows: int


ROOMY = Limits(text=6_000, string=600, lines=60, rows=30)
TIGHT = Limits(text=400, string=160, lines=12, rows=6)


class Line(NamedTuple):
    """A line of a value as JSON after its indent; `marked` where the two answers part.

    `path` is where the value stands that begins here (`$.total`), empty where none does.
    """

    indent: str
    text: str
    marked: bool
    path: str = ""


class Shown(NamedTuple):
    """A value as lines; `left_out` says what was cut off, the empty string where nothing was."""

    lines: tuple[Line, ...]
    left_out: str


class Text(NamedTuple):
    """A text as far as it is shown; `left_out` says what was cut off, the empty string where nothing was."""

    text: str
    left_out: str


def visible(text: str) -> str:
    """Return a text in which no character hides: those a reader cannot see become their escapes."""
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_escape, text.replace("\r\n", "\n"))


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def cut_text(text: str, limit: int) -> Text:
    """Return at most `limit` characters of a text, visibly."""
    if len(text) <= limit:
        return Text(visible(text), "")
    return Text(visible(text[:limit]), f"{len(text) - limit:,} more characters are left out")


def flat(text: str, limit: int) -> str:
    """Return at most `limit` characters of a text on one line, visibly."""
    whole = len(text) <= limit
    return visible(" ".join(text[:limit].split())) + ("" if whole else "…")


def one_line(value: Json, limit: int) -> str:
    """Return a value on one line, at most `limit` characters of it."""
    text = _bounded(value, limit)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def show_json(
    value: Json, limits: Limits, marks: Mapping[str, Json] | None = None, like: Json = None, *, spread: bool = False
) -> Shown:
    """Return a value as indented JSON.

    Args:
        value: The value.
        limits: How much of it is shown.
        marks: Path (`$.total`) → the value that stands there and parts from the other answer's; None: nothing does.
        like: A value whose order of keys to follow, so that two answers stand line by line.
        spread: Whether each value gets a line of its own, however short they are.
    """
    writer = _Writer(limits, marks or {}, spread)
    lines = list(islice(writer.lines(value, like, "$"), limits.lines + 1))
    if len(lines) <= limits.lines:
        return Shown(tuple(lines), "")
    whole = len(json.dumps(value, ensure_ascii=False))
    return Shown(tuple(lines[:-1]), f"cut here; the whole value has {whole:,} characters")


class _Writer(NamedTuple):
    limits: Limits
    marks: Mapping[str, Json]
    spread: bool

    def lines(
        self, value: Json, like: Json, path: str, indent: str = "", head: str = "", tail: str = "", marked: bool = False
    ) -> Iterator[Line]:
        """Yield the lines of a value; `head` (its key) and `tail` (a comma) stand around it; `marked` holds within."""
        marked = marked or (path in self.marks and same_json(self.marks[path], value))
        string = self.limits.string
        if is_unspecified(value) and isinstance(value, dict):
            reason = next(iter(value.values()))
            words = flat(reason, string) if isinstance(reason, str) else one_line(reason, string)
            yield Line(indent, f"{head}(unspecified: {words}){tail}", marked, path)
        elif isinstance(value, dict | list) and value and not self._fits(value, path, len(indent + head)):
            opening, closing = "{}" if isinstance(value, dict) else "[]"
            yield Line(indent, head + opening, marked, path)
            for number, (key, item, beside, below) in enumerate(_items(value, like, path), start=1):
                name = f"{_scalar(key, string)}: " if key is not None else ""
                comma = "," if number < len(value) else ""
                yield from self.lines(item, beside, below, indent + "  ", name, comma, marked)
            yield Line(indent, closing + tail, marked)
        else:
            ordered = {key: value[key] for key in _keys(value, like)} if isinstance(value, dict) else value
            yield Line(indent, head + _scalar(ordered, string) + tail, marked, path)

    def _fits(self, value: dict[str, Json] | list[Json], path: str, start: int) -> bool:
        """Tell whether a value of a few scalars stands on one line from column `start`, with no difference inside."""
        items: Sequence[Json] = list(value.values()) if isinstance(value, dict) else value
        if self.spread or len(items) > 8 or any(isinstance(item, dict | list) for item in items):
            return False
        if any(mark.startswith(path) and mark != path for mark in self.marks):
            return False
        size = sum(len(text) for text in (*items, *value) if isinstance(text, str))
        return start + size < _INLINE and start + len(json.dumps(value, ensure_ascii=False)) <= _INLINE


def _items(value: dict[str, Json] | list[Json], like: Json, path: str) -> Iterator[tuple[str | None, Json, Json, str]]:
    """Yield (key or None, item, what stands there in `like`, path), keys in the order of `like`."""
    if isinstance(value, dict):
        others = like if isinstance(like, dict) else {}
        for key in _keys(value, like):
            yield key, value[key], others.get(key), f"{path}.{key}"
        return
    for index, item in enumerate(value):
        beside = like[index] if isinstance(like, list) and index < len(like) else None
        yield None, item, beside, f"{path}[{index}]"


def _keys(value: dict[str, Json], like: Json) -> list[str]:
    first = (key for key in like if key in value) if isinstance(like, dict) else ()
    return list(dict.fromkeys((*first, *value)))


def _scalar(value: Json, limit: int) -> str:
    if isinstance(value, str) and len(value) > limit:
        return f'{visible(json.dumps(value[:limit], ensure_ascii=False))[:-1]}…" ({len(value):,} characters)'
    return visible(json.dumps(value, ensure_ascii=False))


def _bounded(value: Json, limit: int) -> str:
    """Return JSON on one line; what is long in it is cut before it is written out."""
    if isinstance(value, dict):
        items = (f"{_scalar(key, limit)}: {_bounded(item, limit)}" for key, item in islice(value.items(), limit))
        return "{" + _joined(items, limit) + "}"
    if isinstance(value, list):
        return "[" + _joined((_bounded(item, limit) for item in islice(value, limit)), limit) + "]"
    return _scalar(value, limit)


def _joined(items: Iterator[str], limit: int) -> str:
    taken: list[str] = []
    size = 0
    for item in items:
        taken.append(item)
        size += len(item)
        if size > limit:
            break
    return ", ".join(taken)
