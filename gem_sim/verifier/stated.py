"""Reading rules: the clauses of a text that state figures, what they are about, and which clauses speak of the same.

Two clauses are taken to be about the same thing only if each is the other's best match and they share two words that
are not common; a figure is taken to differ only if no clause about the same thing has it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from gem_sim.verifier.letters import folded
from gem_sim.verifier.prose import Mention, mentions
from gem_sim.verifier.units import SCALES

Role = Literal["bound", "limit", "formula", "figure"]

_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_COMMON = """
a about after all also always an and any are as at available be been before being both but by can cannot could
day did do does each either every exceed for from get gets given had has have he her here his how i if in into
is it its least let limit limited limits make makes max maximum may me min minimum more most must my never no
nor not of off on once one only or other our out over own per please she should so some such take takes than
that the their them then there these they this those to too under until up upon us use used very via want was we
were what when where whether which while who will with within would yes you your
"""
_STOP = frozenset(_COMMON.split())
_LIMIT = re.compile(
    r"[≤≥<>]|\b(?:maximum|minimum|max|min|at most|at least|up to|no more than|no less than|not more than|no longer than"
    r"|limit(?:ed)?|only|exceeds?|ends? at|under|over|between|until|within|more than|less than|or more|or less)\b",
    re.IGNORECASE,
)
# What bounds whatever else is in the clause.
_BOUND = re.compile(r"[≤≥<>]|\b(?:maximum|minimum|at most|at least|up to|no more than)\b", re.IGNORECASE)
_SPAN = re.compile(r"\d\s?[a-z]{0,3}\s?(?:[-–]|to\s)\s?\d", re.IGNORECASE)
_FORMULA = re.compile(
    r"(?:^|\s)[+−–-]\s|[+−]|\b(?:adds?|added|plus|minus|times|twice|double|multiplied|less \d|extra|sum of)\b"
    r"|\d\s?[x×](?!\s?\d)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r";\s+|(?<=[.!?])\s+(?=[A-Z0-9*-])|\n\s*(?=[-*•#\d\n])|\n\n+|\s-\s(?=-)|\n(?=\S)")
_ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*•#]+)\s+")
_ASIDE = re.compile(r"\([^()\d]*\)")
_WORDS_OF_NUMBERS = {"twice": 2.0, "double": 2.0, "thrice": 3.0, "triple": 3.0, "half": 0.5}
_NUMERIC_WORD = re.compile(r"\b(?:" + "|".join(_WORDS_OF_NUMBERS) + r")\b", re.IGNORECASE)


class Figure(NamedTuple):
    """A number with its unit, None without one; `text` as it was written."""

    value: float
    unit: str | None
    text: str


class Clause(NamedTuple):
    """A piece of a text that states figures: `line` from 1, its words without the common ones, its role."""

    text: str
    line: int
    words: frozenset[str]
    figures: tuple[Figure, ...]
    role: Role


@lru_cache(maxsize=256)
def clauses(text: str) -> tuple[Clause, ...]:
    """Return the clauses of a text that state figures."""
    found: list[Clause] = []
    start = 0
    for end in (*(match.end() for match in _CLAUSE_END.finditer(text)), len(text)):
        piece, line = text[start:end], text.count("\n", 0, start) + 1
        line += len(piece[: len(piece) - len(piece.lstrip())].splitlines()) if piece[:1].isspace() else 0
        start = end
        for part in _parts(" ".join(_ITEM.sub("", piece).split())):
            plain = _ASIDE.sub(" ", part)
            figures = figures_of(plain)
            if figures and words_of(plain):
                found.append(Clause(part, line, words_of(plain), figures, role_of(plain)))
    return tuple(found)


def _parts(sentence: str) -> list[str]:
    """Split at commas and colons that have figures and words on both sides: `a book 21 days, a film 7 days`."""
    parts: list[str] = []
    start = 0
    cuts = [match.start() + 1 for match in re.finditer(r"[,:]\s", sentence)]
    for cut, following in pairwise([*cuts, len(sentence)]):
        left, right = sentence[start:cut], sentence[cut:following]
        if figures_of(left) and figures_of(right) and words_of(left) and words_of(right):
            parts.append(left.strip())
            start = cut
    return [*parts, sentence[start:].strip()]


def figures_of(text: str) -> tuple[Figure, ...]:
    """Return the figures of a text, number words and `twice` among them."""
    found = [
        Figure(mention.value, mention.unit, mention.text)
        for mention in mentions(text)
        if isinstance(mention.value, float) and mention.kind in ("number", "amount", "percent", "word")
    ]
    found += [Figure(_WORDS_OF_NUMBERS[folded(m.group())], "times", m.group()) for m in _NUMERIC_WORD.finditer(text)]
    return tuple(found)


def words_of(text: str) -> frozenset[str]:
    """Return the words that say what a text is about, in their plain form, without the common ones."""
    lowered = text.lower().replace("_", " ").replace("-", "")
    skipped = {word for mention in mentions(text) for word in _WORD.findall(_mention_words(mention))}
    return frozenset(
        _stem(word) for word in _WORD.findall(lowered) if len(word) > 2 and word not in _STOP and word not in skipped
    )


def _mention_words(mention: Mention) -> str:
    return mention.text.lower() if mention.kind != "identifier" else ""


def _stem(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("’s")
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for suffix in ("ing", "ed"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word.removesuffix(suffix)
    return word.removesuffix("e")


def role_of(text: str) -> Role:
    """Return what the figures of a clause do: bound something in so many words or not, work it out, or stand there."""
    if _BOUND.search(text):
        return "bound"
    if _FORMULA.search(text) and not _SPAN.search(text):
        return "formula"
    return "limit" if _LIMIT.search(text) or _SPAN.search(text) else "figure"


def same_figure(left: Figure, right: Figure) -> bool:
    """Tell whether two figures are one: equal numbers of equal or unsaid units, or converted."""
    if left.value == right.value:
        return left.unit == right.unit or left.unit is None or right.unit is None
    scale, other = SCALES.get(left.unit or ""), SCALES.get(right.unit or "")
    if scale is None or other is None or scale[0] != other[0]:
        return False
    return math.isclose(left.value * scale[1], right.value * other[1])


def _dimension(figure: Figure) -> str | None:
    scale = SCALES.get(figure.unit or "")
    return scale[0] if scale is not None else figure.unit


def comparable(left: Clause, right: Clause) -> bool:
    """Tell whether two clauses play the same role with figures of the same dimension."""
    if (left.role == "formula") != (right.role == "formula"):
        return False
    if left.role == "formula":
        return True
    kinds = {_dimension(figure) for figure in left.figures} & {_dimension(figure) for figure in right.figures}
    return bool(kinds)


class Matching:
    """How alike the clauses of two texts are, by the words they share; rare words weigh more."""

    def __init__(self, left: Sequence[Clause], right: Sequence[Clause]) -> None:
        self._sharing = (_by_word(left), _by_word(right))
        frequency = Counter(word for clause in (*left, *right) for word in clause.words)
        number = len(left) + len(right)
        self._weight = {word: math.log(1 + number / count) for word, count in frequency.items()}

    def likeness(self, left: Clause, right: Clause) -> float:
        """Return 0 for clauses that share fewer than two words, up to 1 for the same words."""
        shared = left.words & right.words
        if len(shared) < 2 and shared not in (left.words, right.words):
            return 0.0
        total = self._sum(left.words) * self._sum(right.words)
        return self._sum(shared) / math.sqrt(total) if total else 0.0

    def _sum(self, words: Iterable[str]) -> float:
        return sum(self._weight[word] for word in words)

    def sharing(self, clause: Clause, side: Literal[0, 1]) -> list[Clause]:
        """Return the clauses of the left text (0) or the right one (1) that share a word with a clause, in order."""
        index = self._sharing[side]
        found = {other: place for word in clause.words for place, other in index.get(word, ())}
        return sorted(found, key=lambda other: found[other])

    def partners(self, clause: Clause, side: Literal[0, 1], least: float = 0.15) -> list[tuple[float, Clause]]:
        """Return the clauses of the left text (0) or the right one (1) about the same thing, the likest first."""
        scored = [(self.likeness(clause, other), other) for other in self.sharing(clause, side)]
        fitting = [pair for pair in scored if pair[0] >= least and comparable(clause, pair[1])]
        return sorted(fitting, key=lambda pair: -pair[0])


def _by_word(clauses: Sequence[Clause]) -> dict[str, list[tuple[int, Clause]]]:
    index: dict[str, list[tuple[int, Clause]]] = {}
    for place, clause in enumerate(clauses):
        for word in clause.words:
            index.setdefault(word, []).append((place, clause))
    return index
