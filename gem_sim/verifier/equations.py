"""Reckonings written out in prose, `£129.20 + £74.80 = £204.00`, that do not come out.

Much looks like one and is none: ranges (`€0 - €50 = €5`), bullets, names, what goes with a number in front. So only
amounts or measures of one unit that stand alone in their sentence and line are worked out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from gem_sim.verifier.contradict import Contradiction
from gem_sim.verifier.prose import NUMBER_WORDS, Mention, Prose, any_of
from gem_sim.verifier.scene import value_of
from gem_sim.verifier.units import CURRENCIES, SCALES

_PLUS = re.compile(r" ?\+ ?| plus ", re.IGNORECASE)
_MINUS = re.compile(r" [-−–] | (?:minus|less) ", re.IGNORECASE)
_TIMES = re.compile(r" ?[×*] ?| (?:x|times) ", re.IGNORECASE)
_EQUALS = re.compile(r" ?= ?")
_SO = re.compile(r", so ", re.IGNORECASE)
_SIGNS = ((_PLUS, "+"), (_MINUS, "-"), (_TIMES, "×"), (_EQUALS, "="), (_SO, "so"))
# One of these stands in every reckoning.
_HINTS = ("=", ", so ")
# Where what stands in front of a reckoning begins; in it no number, in figures or words, may be.
_FRONT = re.compile(r"\n|[.!?] ")
_NUMBERED = re.compile(
    rf"\d|\b(?:{any_of(NUMBER_WORDS)}|both|pair|couple|half|third|quarter|double|twice|plus|minus|less|negative)\b|[-−–+]\s*$",
    re.IGNORECASE,
)
# A sentence with one of these says why it does not come out, or that it does not.
_OTHERWISE = re.compile(
    r"\?|\b(?:not|never|sorry|wrong|mistake\w*|earlier|instead|cap(?:ped)?|max\w*|at most|most|limit\w*|free"
    r"|discount\w*|off|for \d|round\w*|about|roughly|rate|said|wrote|asked)\b|n['’]t\b",
    re.IGNORECASE,
)
_CURRENCY = re.compile(rf"[$€£¥]|\b(?:{'|'.join(CURRENCIES)}|dollars?|euros?|pounds?|yen|francs?)\b", re.IGNORECASE)
# `1.200` is twelve hundred to many.
_THOUSANDS = re.compile(r"\d\.\d{3}(?!\d)")
_ENDS = re.compile(r"\s*(?:[.,;!)]|$|(?:in all|in total|altogether|together)\b)")
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
        parts, said, between = mentions[first : at + 1], mentions[at + 1], signs[first:at]
        goes_on = at + 1 < len(signs) and signs[at + 1] in ("+", "-", "×", "=")
        # `You paid 20 plus 10 euros, so 70 remain` equates nothing.
        if goes_on or not between or (sign == "so" and (between != ["-"] or not _ENDS.match(prose.text, said.end))):
            continue
        if _is_reckoning(prose, parts, said, between):
            yield from _judged(prose, parts, said, between)


def _judged(
    prose: Prose, parts: Sequence[Mention], said: Mention, signs: Sequence[str | None]
) -> Iterator[Contradiction]:
    result, slack = _value(parts, signs)
    far = abs(result - value_of(said)) > slack + 0.5 * 10.0**-said.places + 1e-9
    if math.isfinite(result) and result > 0 and far:
        text = prose.text[parts[0].start : parts[-1].end]
        message = f"{text!r} comes to {result:.12g}, and not to {said.text}"
        yield Contradiction(said, message, {"reckoning": text, "comes_to": round(result, 6)})


def _sign(prose: Prose, one: Mention, other: Mention) -> str | None:
    """Return what stands between two mentions, None where it is no sign of a reckoning."""
    if one.kind not in _NUMERIC or other.kind not in _NUMERIC:
        return None
    between = prose.text[one.end : other.start].rstrip("$€£¥")
    return next((sign for pattern, sign in _SIGNS if between and pattern.fullmatch(between)), None)


def _is_reckoning(prose: Prose, parts: Sequence[Mention], said: Mention, signs: Sequence[str | None]) -> bool:
    """Tell whether numbers are of one unit that measures or pays, and nothing in front or around may go with them."""
    unit = said.unit
    if SCALES.get(unit or "", ("duration",))[0] in ("duration", "months") or not all(map(value_of, parts)):
        return False
    units = {part.unit for part in parts}
    if unit not in units or units - {unit, *((None,) if "×" in signs else ())}:
        return False
    whole = prose.text[parts[0].start : said.end]
    sentence = prose.sentence_at(parts[0].start).text
    if len({sign.lower() for sign in _CURRENCY.findall(whole)}) > 1 or _THOUSANDS.search(whole):
        return False
    # The first is the larger where something is taken off; else it is a range.
    if "-" in signs and value_of(parts[0]) <= value_of(parts[1]):
        return False
    before = prose.text[: parts[0].start].rstrip("$€£¥")
    front = max((match.end() for match in _FRONT.finditer(before)), default=0)
    return _NUMBERED.search(before, front) is None and _OTHERWISE.search(sentence) is None


def _value(parts: Sequence[Mention], signs: Sequence[str | None]) -> tuple[float, float]:
    """Return what some numbers come to, products first, and how far off that is where factors were rounded."""
    values = list(map(value_of, parts))
    rounded = [
        0.5 * 10.0**-part.places / value if part.places else 0.0 for part, value in zip(parts, values, strict=True)
    ]
    terms, kinds, slack = [values[0]], [1.0], 0.0
    for at, sign in enumerate(signs, start=1):
        if sign == "×":
            terms[-1] *= values[at]
            slack += abs(terms[-1]) * (rounded[at - 1] + rounded[at])
        else:
            terms.append(values[at])
            kinds.append(1.0 if sign == "+" else -1.0)
    return sum(kind * term for kind, term in zip(kinds, terms, strict=True)), slack
