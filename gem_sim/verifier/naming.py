"""What the name of a tool says that it does: the verb, what it is done to, and the words in which prose tells of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_PAST = {
    "buy": "bought",
    "give": "given",
    "lend": "lent",
    "make": "made",
    "pay": "paid",
    "put": "put",
    "sell": "sold",
    "send": "sent",
    "set": "set",
    "take": "taken",
    "withdraw": "withdrawn",
    "write": "written",
}
# How many letters an ending adds at most: `hire`, `hiring`; `copy`, `copies`.
_ENDING = 3


@lru_cache(maxsize=1024)
def parts(name: str) -> tuple[str, ...]:
    """Return the words in the name of a tool, in lower case; the first is what it does."""
    return tuple(word.lower() for word in re.split(r"_|(?<=[a-z])(?=[A-Z])", name) if word)


def pasts(verb: str) -> set[str]:
    """Return the spellings that the past participle of a verb may have."""
    if verb in _PAST:
        return {_PAST[verb]}
    if verb.endswith("e"):
        return {f"{verb}d"}
    if verb.endswith("y"):
        return {f"{verb[:-1]}ied", f"{verb}ed"}
    return {f"{verb}ed", f"{verb}{verb[-1]}ed"}


def names(words: Iterable[str], part: str) -> bool:
    """Tell whether one of some words, in lower case, is a part of a tool's name in any of its forms."""
    stem = part.rstrip("ey") if len(part) > _ENDING else part
    past = pasts(part)
    return any(word in past or (word.startswith(stem) and len(word) <= len(part) + _ENDING) for word in words)
