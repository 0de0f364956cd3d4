"""Comparisons that prose states about numbers it names: within, under, over, at least."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.verifier.prose import Mention, Prose, Sentence

_ADVERBS = (
    r"(?:(?:still|also|well|perfectly|comfortably|just|currently|clearly|easily|both|only|now|already|therefore|thus"
    r"|slightly|safely|a bit)\s+)*"
)
# What may stand between a number and the verb: `$225 total, which`, `76 cm tall`.
_TAIL = r"^\s*\)?,?\s*(?:(?:total|overall|altogether|tall|wide|long|high|each)\b,?\s*)?(?:(?:which|that|it)\s+)?"
_COPULA = r"(?:is|are|was|were|would be|will be|remains?|stays?|falls?|fits)"
_WITHIN = re.compile(
    rf"{_TAIL}(?:{_COPULA}\s+)?{_ADVERBS}(?P<not>(?:not|no longer)\s+)?{_ADVERBS}"
    r"(?:within|inside|under|below|in)\s+(?:(?:the|your|our|its|these|those|all)\s+)?(?:[a-z-]+\s+){0,3}?"
    r"(?:limits?|range|maximum|constraints?|restrictions?|budget|allowance|bounds)\b",
    re.IGNORECASE,
)
# One of these stands in whatever `_WITHIN` matches.
_LIMITS = ("limit", "range", "maximum", "constraint", "restriction", "budget", "allowance", "bounds")
_MORE = "more|greater|larger|bigger|longer|higher|taller|wider|older|over|above"
_LESS = "less|smaller|shorter|lower|fewer|cheaper|younger|under|below"
_RELATION = re.compile(
    rf"{_TAIL}(?P<copula>{_COPULA}\s+)?{_ADVERBS}"
    rf"(?P<not>(?:not|no longer)\s+|(?:does|do|did)(?:\s+not|n't|n’t)\s+)?{_ADVERBS}"
    rf"(?P<relation>within|exceeds?|exceeded|(?:{_MORE})(?:\s+than)?|(?:{_LESS})(?:\s+than)?"
    r"|at least|at most|no more than|up to)\s+"
    r"(?:(?:the|your|our|its|a|an)\s+)?(?:[a-z-]+\s+){0,3}?(?:of\s+|is\s+)?$",
    re.IGNORECASE,
)
_HINTS = (
    *(
        "within",
        "inside",
        "exceed",
        "at least",
        "at most",
        "no more",
        "up to",
        "than",
        "under",
        "over",
        "above",
        "below",
    ),
)
_IS_MORE = re.compile(rf"exceed|{_MORE}", re.IGNORECASE)
_LIMIT = re.compile(
    r"\b(?:limit(?:ed)?(?:\s+(?:to|of|is))?|max(?:imum)?(?:\s+\w+){0,3}?(?:\s+(?:of|is))?|up to|at most|no more than"
    r"|ends? at|(?:can|must)\s?not exceed)\s*:?\s*$",
    re.IGNORECASE,
)


_COMPARED = ("number", "amount", "percent")


class Falsehood(NamedTuple):
    """A comparison that is not true: a sentence for a person, and the numbers it rests on."""

    message: str
    evidence: dict[str, Json]


def may_compare(lowered: str) -> bool:
    """Tell whether a text, in lower case, has a word of comparison at all."""
    return any(map(lowered.__contains__, _HINTS))


def false_comparisons(prose: Prose) -> list[Falsehood]:
    """Return the comparisons that the numbers named in their sentence, or before it, refute."""
    found = []
    parts, limited = prose.sentences, prose.may_have(_LIMITS)
    for position, sentence in enumerate(parts):
        for index, mention in enumerate(sentence.mentions):
            if mention.kind in _COMPARED:
                following = sentence.mentions[index + 1 :]
                false = _between(sentence, mention, following)
                if false is None and limited:
                    false = _within_limits(parts, position, mention)
                if false is not None:
                    false.evidence["sentence"] = sentence.text
                    found.append(false)
    return found


def _between(sentence: Sentence, mention: Mention, following: Sequence[Mention]) -> Falsehood | None:
    """Judge `76 cm is under the 80 cm limit`: a number, a relation, another number."""
    other = following[0] if following else None
    if other is None or other.kind not in _COMPARED or not _comparable(mention, other):
        return None
    match = _RELATION.match(_cut(sentence, mention.end, other.start).removesuffix("$"))
    if match is None:
        return None
    relation = match["relation"].lower()
    # Without a verb `5 cm more than 30 cm` speaks of the difference, and `a refund of $60 within 5 days` of two things.
    same = mention.unit is not None and mention.unit == other.unit
    if not match["copula"] and not relation.startswith("exceed") and not (relation == "within" and same):
        return None
    high = following[1] if len(following) > 1 and _is_range(sentence, other, following[1]) else other
    value, low, top = _value(mention), _value(other), _value(high)
    if _holds(relation, value, low, top) != bool(match["not"]):
        return None
    said = _cut(sentence, mention.start, high.end)
    message = f"the assistant says {said!r}, which is not true of {value:g} and {low:g}" + (
        f" to {top:g}" if high is not other else ""
    )
    return Falsehood(message, {"value": value, "bounds": [low, top], "said": said})


def _holds(relation: str, value: float, low: float, top: float) -> bool:
    if relation == "within":
        return value <= top and (low == top or value >= low)
    if relation == "at least":
        return value >= low
    if relation in ("at most", "no more than", "up to"):
        return value <= low
    return value > top if _IS_MORE.match(relation) else value < low


def _is_range(sentence: Sentence, low: Mention, high: Mention) -> bool:
    return re.fullmatch(r"\s*(?:-|–|to|and)\s*\$?", _cut(sentence, low.end, high.start)) is not None


def _within_limits(parts: Sequence[Sentence], position: int, mention: Mention) -> Falsehood | None:
    """Judge `76 cm is within limits` by the limit named last before it."""
    sentence = parts[position]
    match = _WITHIN.match(_cut(sentence, mention.end))
    if match is None:
        return None
    end = mention.end + match.end()
    if any(mention.end <= other.start < end + 12 for other in sentence.mentions):
        return None
    limit = [_value(side) for side in _limit_before(parts, position, mention)]
    value = _value(mention)
    # A size may be turned, so a side is out of limits only where it exceeds both.
    if not limit or (value > min(limit) if match["not"] else value <= max(limit)):
        return None
    said = _cut(sentence, mention.start, end)
    shown = " x ".join(f"{side:g}" for side in limit) + (f" {mention.unit}" if mention.unit else "")
    message = f"the assistant says {said!r}, which is not true: the message itself names the limit {shown} before"
    return Falsehood(message, {"value": value, "bounds": list(limit), "said": said})


def _limit_before(parts: Sequence[Sentence], position: int, mention: Mention) -> list[Mention]:
    """Return the numbers of the last limit named before a mention, two for a size; none where none is named."""
    for sentence in reversed(parts[: position + 1]):
        for index, other in enumerate(sentence.mentions):
            if other is mention:
                break
            if other.unit != mention.unit or other.kind not in _COMPARED:
                continue
            if _LIMIT.search(_cut(sentence, sentence.start, other.start)):
                following = sentence.mentions[index + 1 : index + 2]
                return [other, *(side for side in following if _is_size(sentence, other, side))]
    return []


def _is_size(sentence: Sentence, first: Mention, second: Mention) -> bool:
    between = _cut(sentence, first.end, second.start)
    return re.fullmatch(r"\s*(?:[a-z]{1,3})?\s*(?:[x×]|by)\s*", between) is not None


def _cut(sentence: Sentence, start: int, end: int | None = None) -> str:
    """Return a piece of a sentence by offsets into its text."""
    return sentence.text[start - sentence.start : None if end is None else end - sentence.start]


def _comparable(left: Mention, right: Mention) -> bool:
    return left.unit == right.unit or left.unit is None or right.unit is None


def _value(mention: Mention) -> float:
    return mention.value if isinstance(mention.value, float) else math.nan
