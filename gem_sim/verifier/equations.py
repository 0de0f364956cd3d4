"""Reckonings written out in prose, `£129.20 + £74.80 = £204.00`, that do not come out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from gem_sim.verifier.contradict import Contradiction
from gem_sim.verifier.prose import Mention, Prose
from gem_sim.verifier.scene import value_of
from gem_sim.verifier.units import SCALES

_PLUS = re.compile(r"\s?(?:\+|\bplus\b)\s?", re.IGNORECASE)
_MINUS = re.compile(r"\s?(?:[-−–]|\bminus\b|\bless\b)\s?", re.IGNORECASE)
_TIMES = re.compile(r"\s?(?:[×*]|\bx\b|\btimes\b)\s?", re.IGNORECASE)
_EQUALS = re.compile(r"\s?=\s?")
_COMES_TO = re.compile(r",? (?:so|which (?:is|makes|leaves|comes to)|makes|gives|leaves) ", re.IGNORECASE)
_SIGNS = ((_PLUS, "+"), (_MINUS, "-"), (_TIMES, "×"), (_EQUALS, "="), (_COMES_TO, "so"))
# One of these stands in every reckoning.
_HINTS = ("=", " so ", "which ", "makes", "gives", "leaves")
# What begins something new: no number in front of it goes with what follows.
_BEGINNING = re.compile(r"[;:(|\n.,!?]")
_CURRENCY = "$€£¥"
_NEGATIVE = ("-", "−", "–")
_ENDS = re.compile(r"\s*(?:[.,;!?)]|$|(?:in all|in total|altogether|together|remains?|left|is left|are left)\b)")
_NUMERIC = ("number", "amount")


def false_equations(prose: Prose) -> Iterator[Contradiction]:
    """Yield the ends of reckonings of a message that come to another number than they say."""
    mentions = prose.mentions
    if len(mentions) < 3 or not prose.may_have(_HINTS):
        return
    signs = [_sign(prose, one, other) for one, other in pairwise(mentions)]
    for at, sign in enumerate(signs):
        if sign not in ("=", "so"):
            continue
        first = at
        while first and signs[first - 1] in ("+", "-", "×"):
            first -= 1
        parts, said = mentions[first : at + 1], mentions[at + 1]
        goes_on = at + 1 < len(signs) and signs[at + 1] in ("+", "-", "×")
        if len(parts) < 2 or goes_on or not _alike([*parts, said]) or not _stands_alone(prose, parts[0]):
            continue
        # `5 minus 2, so 4 came` and `5 plus 3 euros, so 2 euros more` equate nothing.
        if sign == "so" and (said.unit is None or not _ENDS.match(prose.text, said.end)):
            continue
        result = _value(list(map(value_of, parts)), signs[first:at])
        slack = 0.5 * 10.0**-said.places + 0.5 * sum(10.0**-part.places for part in parts if part.places)
        if abs(result - value_of(said)) > slack + 1e-9:
            text = prose.text[parts[0].start : parts[-1].end]
            message = f"{text!r} comes to {result:.12g}, and not to {said.text}"
            yield Contradiction(said, message, {"reckoning": text, "comes_to": round(result, 6)})


def _sign(prose: Prose, one: Mention, other: Mention) -> str | None:
    """Return what stands between two mentions, None where it is no sign of a reckoning."""
    if one.kind not in _NUMERIC or other.kind not in _NUMERIC:
        return None
    between = prose.text[one.end : other.start].rstrip(_CURRENCY)
    return next((sign for pattern, sign in _SIGNS if between and pattern.fullmatch(between)), None)


def _stands_alone(prose: Prose, part: Mention) -> bool:
    """Tell whether no number or sign stands in front of a reckoning that may go with it: `2 days at €39 + €10`."""
    before = prose.text[: part.start]
    if before.endswith(_NEGATIVE):
        return False
    starts = [match.end() for match in _BEGINNING.finditer(before, max(0, len(before) - 80))]
    return not any(map(str.isdigit, before[max(starts, default=max(0, len(before) - 80)) :]))


def _alike(mentions: list[Mention]) -> bool:
    """Tell whether numbers can be reckoned with one another: no two have other units, and none is a time or share."""
    units = {mention.unit for mention in mentions} - {None}
    dimensions = {SCALES.get(unit or "", ("",))[0] for unit in units}
    return len(units) <= 1 and "percent" not in units and dimensions.isdisjoint(("duration", "months"))


def _value(values: list[float], signs: list[str | None]) -> float:
    """Return what some numbers come to, products first."""
    terms, kinds = [values[0]], list[str | None]()
    for sign, value in zip(signs, values[1:], strict=True):
        if sign == "×":
            terms[-1] *= value
        else:
            terms.append(value)
            kinds.append(sign)
    return terms[0] + sum(term if kind == "+" else -term for term, kind in zip(terms[1:], kinds, strict=True))
