"""The fenced blocks of a Markdown page, and what a comment right above one says about running it.

`<!-- needs EXTRA: reason -->`: runs where that extra of pyproject.toml is installed.
`<!-- not run: reason -->`: never runs; it must still be valid.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>needs (?P<needs>[a-z]+)|not run): (?P<reason>[^\n]+?) -->\n+)?"
    r"^(?P<fence>```+|~~~+)(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=fence)[ ]*$",
    re.DOTALL | re.MULTILINE,
)
_SPAN = re.compile(r"`(gem-sim [^`]+)`")
_ENDS_A_COMMAND = frozenset({"|", "||", "&&", "&", ";", "(", ")", "<", ">", ">>"})


class Block(NamedTuple):
    """A fenced block: `line` is that of its fence, from 1; `needs` an extra, `not_run` a reason, else None."""

    language: str
    text: str
    line: int
    needs: str | None
    not_run: str | None


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    found = []
    for match in _FENCE.finditer(page):
        line = page.count("\n", 0, match.start("fence")) + 1
        not_run = match["reason"] if match["mark"] == "not run" else None
        found.append(Block(match["language"].strip(), match["text"], line, match["needs"], not_run))
    return found


def spans(page: str) -> list[str]:
    """Return the commands `gem-sim …` in the prose of a page."""
    return [" ".join(span.split()) for span in _SPAN.findall(_FENCE.sub("", page))]


class Shown(NamedTuple):
    """A command of a console block, without its prompt, and what it is said to print."""

    command: str
    printed: str


def shown(text: str) -> list[Shown]:
    """Return the commands of a console block: each line after a prompt `$ `, and the lines up to the next."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [Shown(*(part.split("\n", 1) if "\n" in part else (part, ""))) for part in parts]


def as_printed(said: str, printed: str) -> bool:
    """Return whether a command printed what a page says.

    A line `…` stands for any lines, two spaces and `…` at the end of a line for the rest of that line.
    """
    parts = ["".join(map(_pattern, part)) for part in _split(said.splitlines(keepends=True))]
    return re.fullmatch("(?:.*\n)*?".join(parts), printed) is not None


def _pattern(line: str) -> str:
    return f"{re.escape(line[:-2])}.*\n" if line.endswith("  …\n") else re.escape(line)


def _split(lines: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for line in lines:
        if line.strip() == "…":
            yield part
            part = []
        else:
            part.append(line)
    yield part


def commands(shell: str) -> list[list[str]]:
    """Return the arguments of each call of gem-sim in a shell text, wherever it is installed."""
    found = []
    for line in shell.replace("\\\n", " ").splitlines():
        words = shlex.shlex(line, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        call: list[str] | None = None
        for word in words:
            if word in _ENDS_A_COMMAND:
                call = None
            elif call is not None:
                call.append(word)
            elif word.rsplit("/", 1)[-1] == "gem-sim":
                call = []
                found.append(call)
    return found
