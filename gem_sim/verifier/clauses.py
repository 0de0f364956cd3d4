"""A sentence as clauses: its figures, the records each clause names, and what makes it no plain statement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gem_sim.verifier.lazy import Lazy
from gem_sim.verifier.prose import WORD, Mention, Prose, Sentence, find_words
from gem_sim.verifier.records import Occurrence, Record, Records, is_id
from gem_sim.verifier.spoken import durations, times

Span = tuple[int, int]

# A pattern that begins with one set of signs is searched for fast; which of them it was is asked behind it.
_CUT = re.compile(
    r"[;:,()| ](?:(?<=[()|])|(?<=[;:,])\s"
    r"|(?<= )(?:[–—-]|and|but|while|whereas|plus|or|so|though|although|because|then)\s)"
)
_MARKER = re.compile(r"(?:^|\n)[ \t]*(?:\d+[.)]|[-*•])[ \t]+$")
# A sentence with one of these says how things are not, might be or were, or speaks of several at once.
_DOUBT_WORDS = """
not no never none neither nor without except wrong mistake mistaken misread sorry instead rather unlike than
versus vs if would could can might should unless whether either or was were had previously before originally
formerly used respectively like similar same match matches matching swap swaps swapped change changes changed
become becomes replace replaces replaced repaint repainted repainting paint painted painting turn turns turned
former latter other others
"""
_DOUBT = frozenset(_DOUBT_WORDS.split())
# Beside one of these an amount is no price of the one thing named.
_DERIVED_WORDS = """
than instead including incl extra discount off less together total both altogether sum save saves saving savings
saved cheaper dearer difference more not no was were had if like similar same most least under over below above
within between respectively other others another rest twice half double deposit fee added adds plus budget
refund refunds refunded paid pay average combined change changes changed raise raised rise rose drop drops
dropped previously before originally usual usually would could might
"""
_DERIVED = frozenset(_DERIVED_WORDS.split())
_RANGE = re.compile(r"\b(?:from \S+ to|up to|in all|left to)\b")
_MAY = re.compile(r"(?<!\d )\bmay\b(?! \d)")
_ARTICLES = re.compile(r"\b(?:the|your|our|an?|both|either|and|for|on|of|this|that)\b|\W")
_FILLING = re.compile(
    r"\b(?:at|for|an?|each|only|just|from|ages?|aged|about|costs?|is|are|it['’]s|that['’]s|exactly|per|left|now|by|in"
    r"|stock|on|the|up|and|pm|am|runs?|lasts?|takes?|long|of|work|seats?|places?|available|old|tall|wide|high|deep|heavy|pages)\b|[\W_]"
)


class Clauses:
    """One sentence with its figures, the words that name or describe records, and where its clauses end."""

    def __init__(self, prose: Prose, sentence: Sentence, found: list[Occurrence]) -> None:
        self.lowered = prose.lowered
        start, end = self.span = (sentence.start, sentence.start + len(sentence.text))
        self.sentence = sentence
        self.named = [o for o in found if start <= o.start < end]

    @Lazy
    def figures(self) -> list[Mention]:
        """What the sentence mentions, also the times and durations that it says in words."""
        start, text = self.span[0], self.text(self.span)
        said = (*durations(text), *times(text))
        if not said and not self.sentence.mentions:
            return []
        spoken = [m._replace(start=m.start + start, end=m.end + start) for m in said]
        # `Room 12` names, and counts nothing.
        taken = [(s.start, s.end) for s in spoken] + [(o.start, o.end) for o in self.named if not is_id(o.text)]
        kept = [m for m in self.sentence.mentions if not _meets(m.start, m.end, taken)]
        return sorted([*kept, *spoken], key=lambda mention: mention.start) if spoken else kept

    @Lazy
    def doubtful(self) -> bool:
        """Whether it tells how things are not, might be or were."""
        text = self.text(self.span)
        return (
            not _DOUBT.isdisjoint(find_words(text))
            or "n't" in text
            or "n’t" in text
            or ("may" in text and _MAY.search(text) is not None)
        )

    @Lazy
    def is_item(self) -> bool:
        """Whether it is an item of a list or a row of a table: all that stands in it is of what it begins with."""
        start = self.span[0]
        before = self.lowered[max(0, start - 12) : start]
        return self.lowered.startswith("|", start) or _MARKER.search(before) is not None

    @Lazy
    def parts(self) -> list[Span]:
        """Its clauses, in order."""
        return [part for part in self.cut(_CUT) if part[0] < part[1]]

    def cut(self, pattern: re.Pattern[str]) -> Iterator[Span]:
        """Yield the parts between what a pattern finds, but for what stands within a figure or the name of a record."""
        whole = [(o.start, o.end) for o in self.named] + [(m.start, m.end) for m in self.figures]
        start = self.span[0]
        for found in pattern.finditer(self.lowered, *self.span):
            at = found.start()
            if not _meets(at, at + 1, whole):
                yield start, at
                start = found.end()
        yield start, self.span[1]

    def text(self, span: Span) -> str:
        """Return the words of a part, in lower case."""
        return self.lowered[span[0] : span[1]]

    def within(self, span: Span) -> list[Occurrence]:
        """Return what names or describes records in a part."""
        start, end = span
        return [o for o in self.named if start <= o.start < end]

    def scope(self, mention: Mention) -> Span:
        """Return the part that says whose a figure is: the item, its clause, or the one before of a mere figure."""
        if self.is_item:
            return self.span
        at = next((i for i, part in enumerate(self.parts) if part[0] <= mention.start < part[1]), 0)
        # `€39 (Polo) and €74 (Sharan)`: the name follows.
        if self.lowered[mention.end : mention.end + 2] == " (" and at + 1 < len(self.parts):
            return self.parts[at] if self.within(self.parts[at]) else self.parts[at + 1]
        first = at
        while first and self._bare(self.parts[first]):
            first -= 1
        if first == at or not self.within(self.parts[first]):
            return self.parts[first] if self.parts else self.span
        if self.lowered[self.parts[at][0] - 1] == "(" and first == at - 1:
            return self.parts[first]
        # Between several things a mere figure is of one that only order tells.
        start = self.lowered.rfind(";", self.span[0], mention.start) + 1 or self.span[0]
        follows = at + 1 < len(self.parts) and self._opens(self.parts[at + 1])
        follows = follows and ";" not in self.lowered[mention.end : self.parts[at + 1][0]]
        return start, self.parts[at + 1 if follows else first][1]

    def _opens(self, part: Span) -> bool:
        """Tell whether a part begins with words that name or describe records."""
        found = self.within(part)
        return bool(found) and not _ARTICLES.sub("", self.lowered[part[0] : found[0].start]).strip()

    def enumerated(self, span: Span, mention: Mention) -> bool:
        """Tell whether a part goes on with a list of names: `Polo, Golf and Sharan cost 39, 52 and 74 euros`."""
        before = [part for part in self.parts if part[1] <= span[0]]
        if not before or self.is_item or not self.within(before[-1]):
            return False
        follows = [part for part in self.parts if part[0] > mention.end][:1]
        if any(m.kind == mention.kind and self._bare(part) for part in follows for m in self._figures_in(part)):
            return not any(m.kind == mention.kind for m in self._figures_in(before[-1]))
        text = list(self.text(before[-1]))
        for occurrence in self.within(before[-1]):
            first, last = occurrence.start - before[-1][0], occurrence.end - before[-1][0]
            text[first:last] = " " * (last - first)
        return not _ARTICLES.sub("", "".join(text)).strip()

    def clause(self, mention: Mention) -> Span:
        """Return the clause that a figure stands in."""
        return next((part for part in self.parts if part[0] <= mention.start < part[1]), self.span)

    def lead(self, mention: Mention) -> Span:
        """Return the clause of a figure with the one that leads to it: `until Friday, 15 May`."""
        if not self.parts:
            return self.span
        at = next((i for i, part in enumerate(self.parts) if part[0] <= mention.start < part[1]), 0)
        start = at
        while start and not self.lowered[self.parts[start][0] : mention.start].strip():
            start -= 1
        return self.parts[start][0], self.parts[at][1]

    def plain(self, mention: Mention) -> bool:
        """Tell whether nothing beside an amount says that it is worked out, compared or no longer so."""
        start, end = self.clause(mention)
        words = list(self.lowered[start:end])
        for first, last in ((mention.start, mention.end), *((o.start, o.end) for o in self.within((start, end)))):
            words[first - start : last - start] = "·" * (min(last, end) - first)
        text = "".join(words)
        return (
            _DERIVED.isdisjoint(WORD.findall(text))
            and "n't" not in text
            and "n’t" not in text
            and not _RANGE.search(text)
        )

    def _figures_in(self, part: Span) -> list[Mention]:
        return [mention for mention in self.figures if part[0] <= mention.start < part[1]]

    def _bare(self, part: Span) -> bool:
        """Tell whether a clause is nothing but figures."""
        if self.within(part):
            return False
        text, start = list(self.text(part)), part[0]
        for mention in self._figures_in(part):
            text[mention.start - start : mention.end - start] = " " * (mention.end - mention.start)
        return not _FILLING.sub("", "".join(text)).strip()


def _meets(start: int, end: int, spans: Iterable[Span]) -> bool:
    """Tell whether a part has a sign in common with one of some others."""
    # Asked so often that a generator would cost more than the answer.
    for first, last in spans:  # noqa: SIM110
        if first < end and start < last:
            return True
    return False


def naming(found: list[Occurrence], records: Records, group: str) -> list[tuple[Occurrence, list[Record]]]:
    """Return the words that name records of a group, with those they name."""
    fields = records.naming(group)
    pairs = ((o, [r for r, name in o.holders if r.group == group and name in fields]) for o in found)
    return [(occurrence, named) for occurrence, named in pairs if named]


def groups_of(found: list[Occurrence]) -> Iterator[str]:
    """Yield the groups that some words may name records of, each once."""
    yield from dict.fromkeys(record.group for occurrence in found for record, _ in occurrence.holders)


class Subject(NamedTuple):
    """What a part of a sentence speaks of: the records of one group that all words in it agree on."""

    records: list[Record]
    words: Occurrence


def subject(found: list[Occurrence], records: Records, group: str) -> Subject | None:
    """Return the records of a group that a part speaks of, None where it names none, or several."""
    named = naming(found, records, group)
    if not named:
        return None
    left = named[0][1]
    for _, others in named[1:]:
        left = [record for record in left if record in others]
    # The name of one thing may be half said: `the leather one`.
    return Subject(left, named[0][0]) if left else None
