"""Where in a JSON text a value stands, so that a message can name its line."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def line_of(text: str, path: Sequence[str | int]) -> int:
    """Return the line, from 1, of the value at `path` in a valid JSON text; of its nearest parent if it lacks it.

    The line is that of the key where the value has one.
    """
    wanted = list(path)
    best_depth, best_offset = -1, 0
    here: list[str | int] = []
    kinds: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == ":":
            continue
        if token in "}]":
            kinds.pop()
            if here:
                here.pop()
            continue
        if token == ",":
            if kinds[-1] == "[" and isinstance(here[-1], int):
                here[-1] += 1
            continue
        is_key = bool(kinds) and kinds[-1] == "{" and _next(text, match.end()) == ":"
        if is_key:
            here[-1] = token[1:-1]
        # An opening bracket stands where its key stood, so only keys and list items can be new places.
        if (is_key or (kinds and kinds[-1] == "[")) and here == wanted[: len(here)] and len(here) > best_depth:
            best_depth, best_offset = len(here), match.start()
        if token in "{[":
            kinds.append(token)
            here.append("" if token == "{" else 0)
    return text.count("\n", 0, best_offset) + 1


def _next(text: str, offset: int) -> str:
    while offset < len(text) and text[offset].isspace():
        offset += 1
    return text[offset : offset + 1]
