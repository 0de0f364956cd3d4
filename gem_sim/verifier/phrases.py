"""The phrases in which prose tells of a deed as done: `I have booked`, `has been moved`, `is paid`, `Cancelled.`"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from gem_sim.verifier.families import PASTS, family_of_noun
from gem_sim.verifier.prose import Prose, Sentence

Kind = Literal["active", "befallen", "state", "head", "through"]

_SAYS = r"(?: now| just| also| successfully| gone ahead and| all| both| fully| hereby)*"
# A pattern that begins with one set of signs is searched for fast; what stands before it is asked behind it.
_ACTIVE = re.compile(
    rf"[IwW](?<!\w.)(?:(?:(?<=I)|(?<!I)e)(?: have|['’]ve){_SAYS} (?P<past>[a-z]+)\b(?! (?:out|up|together)\b)"
    r"|(?<=I)(?: just| also)*(?: went ahead and)? (?P<simple>[a-z]+)\b)",
)
# One of these stands in whatever `_ACTIVE` matches.
_DOING = ("I ", "'ve ", "’ve ", "e have ")
_SUBJECT = (
    r"(?:\b(?:your|the|this|these|both|all)\b[^.,;:!?]{0,60}?|\b(?:it|they|you|both|everything)|\b[A-Z]+-?\d[\w-]*)"
)
_BEFALLEN = re.compile(
    rf"(?P<subject>{_SUBJECT})(?:(?: has| have|['’]ve|['’]s){_SAYS} been{_SAYS}| (?:was|were) successfully)"
    r" (?P<past>[a-z]+)\b(?! (?:along|around|out|up)\b)",
    re.IGNORECASE,
)
# What is said of how things are in general, or why something cannot be done: `is paid in one sum`, `is booked out`.
_GENERAL = (
    r"(?! (?:by|per|each|every|only|automatically|via|through|online|at (?:most|the)|within|if|when|once|out|up|solid"
    r"|in (?:one|two|three|four|advance|cash|the|parts)|as (?:soon|long)|after|upon|directly|straight|separately|or|too"
    r"|back|from the|before)\b)"
)
# `Six more are added to your order`; `Three places are booked` may be how things stand.
_COUNTED = re.compile(
    r"(?:^[A-Z]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+) )[^.,;:!?]{1,50}?"
    r" (?:is|are|has been|have been)(?: now)* (?P<past>added|ordered)(?= (?:to|for) (?:your?\b|[A-Z]+-?\d))",
)
_STATE = re.compile(
    rf"(?P<subject>{_SUBJECT}|\bthat)(?: is| are|['’]s|['’]re){_SAYS} (?P<past>[a-z]+)\b{_GENERAL}", re.IGNORECASE
)
# One of these stands in whatever `_STATE` matches.
_BEING = (" is", " are", "'s", "’s", "'re", "’re")
_STANDING = """
added booked canceled cancelled enrolled exchanged moved ordered paid purchased rebooked redeemed registered rescheduled
reserved scheduled settled swapped voided
"""
_STATES = frozenset(_STANDING.split())
_HEAD = re.compile(
    r"(?:(?:great|perfect|ok|okay|yes|sure|certainly|thanks|thank you|alright|all|both)[,!.]? )?(?P<past>[a-z]+)"
    r"(?P<mark>[!,.:]| for | and )",
    re.IGNORECASE,
)
_THROUGH = re.compile(
    r"\b(?:the|your) (?P<noun>[a-z]+)(?: of [^.,;:]{1,30})? (?:(?:has |have )?(?:just )?(?:gone|went) through"
    r"|(?:was|has been) successful)\b|^(?P<bare>payment|refund|booking|order|cancellation|exchange) "
    r"(?:received|accepted|taken|confirmed|successful|complete|completed|processed|went through)\b",
    re.IGNORECASE,
)
# One of these stands in whatever `_THROUGH` matches.
_GOING_THROUGH = (" through", "successful", "received", "accepted", "taken", "confirmed", "complete", "processed")
# They say little without what they are done to: `I have made your reservation`, `Your booking is confirmed`.
_SAYING_LITTLE = "completed confirmed created done issued made placed processed received submitted taken"
_LIGHT = frozenset(_SAYING_LITTLE.split())
_MONEY = re.compile(
    r" (?:the |your )*(?:payment\b|full amount\b|[€$£] ?\d|\d[\d.,]* ?(?:euros?|pounds?|dollars?|cents?|[€£])(?!\w))"
)
_ASIDE = re.compile(r"\b(?:aside|on hold)\b.* for you\b")
# `We have booked tables`, `I have ordered them by price` are no deeds.
_DONE_TO = re.compile(
    r" (?:your|you|the|it|them|this|that|these|those|both|all|an?|another|for|in|to|[a-z]+ty|two|three|four|five|six"
    r"|seven|eight|nine|ten|eleven|twelve|\d|[€$£]|[A-Z])"
)
_SORTED = re.compile(r"\bby (?!the\b)[a-z]+|\balphabetical")
# `I have paid attention`, `I have booked many such rooms`.
_OF_SPEECH = re.compile(
    r" (?:judge?ment|my|our|the right|attention|heed|tribute|homage|respect|many|several|lots|such|some|countless)\b"
)
_GOES_ON = re.compile(r" (?!and\b|as\b|under\b)[a-z]")
_YOURS = re.compile(r"\byour?\b")
_ASIDE_ENDS = re.compile(r" (?:that|which|who)$", re.IGNORECASE)
_NOUN_TO = re.compile(r" to (?:your|the) (?P<noun>[a-z]+)")


class Phrase(NamedTuple):
    """A deed told of: the words, where they begin and end, the participle, its family, what stands around it.

    `subject` is what it befell, empty where it is not said; `rest` what the sentence says behind the words.
    """

    kind: Kind
    said: str
    start: int
    end: int
    past: str
    family: str | None
    subject: str
    rest: str
    sentence: Sentence

    @property
    def own(self) -> bool:
        """Whether the assistant says that it did it itself: *we* may be told of what was done before."""
        return self.kind == "active" and self.said.startswith("I")

    @property
    def plain(self) -> bool:
        """Whether the words say by themselves what was done, whatever it was done to."""
        own = self.family is None and self.past not in _VAGUE
        return own or self.past in _PLAIN or self.family != PASTS.get(self.past)


_SAYING_ENOUGH = """
booked bought canceled cancelled charged enrolled exchanged hired lent ordered paid postponed purchased rebooked
redeemed refunded reimbursed rented rescheduled reserved scheduled
"""
_PLAIN = frozenset(_SAYING_ENOUGH.split())
_VAGUE = frozenset(("opened", "placed", "processed", "recorded", "requested", "submitted", "completed", "confirmed"))
_TELLING_WORDS = frozenset((*PASTS, *_LIGHT, "put", "set", "through", "successful", "accepted"))


def phrases(prose: Prose, own: frozenset[str]) -> Iterator[Phrase]:
    """Yield the phrases that tell of a deed, the first of each sentence: by participles of a family, or `own` ones."""
    telling = (_TELLING_WORDS & prose.words) | (own & prose.words)
    if not telling:
        return
    for number, sentence in enumerate(prose.sentences):
        lowered = sentence.text.lower()
        if lowered.endswith("?") or not any(map(lowered.__contains__, telling)):
            continue
        first = number == 0 or (number == 1 and prose.sentences[0].text.count(" ") < 4)
        found = next(_in_sentence(sentence, lowered, first, own), None)
        if found is not None:
            yield found


def _in_sentence(sentence: Sentence, lowered: str, first: bool, own: frozenset[str]) -> Iterator[Phrase]:
    text = sentence.text
    if first:
        match = _HEAD.match(text)
        past = "" if match is None else match["past"].lower()
        if match is not None and (past in _STATES or past in own) and not _is_label(text, match):
            yield _phrase("head", match, match["past"], "", sentence)
    for match in _ACTIVE.finditer(text) if any(map(text.__contains__, _DOING)) else ():
        past = match["past"] or match["simple"]
        of_tool = match["past"] and past in own and past not in PASTS
        if of_tool or _is_deed(match, past, text[match.end() :]):
            yield _phrase("active", match, past, "", sentence)
    for match in _BEFALLEN.finditer(text) if " been " in lowered or " successfully " in lowered else ():
        if (match["past"] in PASTS or match["past"] in _LIGHT or match["past"] in own) and not _is_relative(match):
            yield _phrase("befallen", match, match["past"], match["subject"], sentence)
    beyond = not text.isascii()
    for match in _STATE.finditer(text) if beyond or any(map(lowered.__contains__, _BEING)) else ():
        if (
            (match["past"] in _STATES or match["past"] in _LIGHT)
            and not _is_general(match, sentence)
            and not _is_relative(match)
        ):
            yield _phrase("state", match, match["past"], match["subject"], sentence)
    for match in _COUNTED.finditer(text) if " added " in text or " ordered " in text else ():
        yield _phrase("state", match, match["past"], text[match.start() : match.start("past")], sentence)
    for match in _THROUGH.finditer(text) if beyond or any(map(lowered.__contains__, _GOING_THROUGH)) else ():
        noun = (match["noun"] or match["bare"]).lower()
        yield _phrase("through", match, "", noun, sentence)


def _is_relative(match: re.Match[str]) -> bool:
    """Tell whether the verb is that of an aside: `the seat that is booked`."""
    return _ASIDE_ENDS.search(match["subject"]) is not None


def _is_general(match: re.Match[str], sentence: Sentence) -> bool:
    """Tell whether a sentence may say how things are in general: `The job is moved free of charge`."""
    subject, rest = match["subject"].lower(), sentence.text[match.end() :]
    if not subject.startswith(("the ", "this ", "these ")) or " now" in match.group() or not _GOES_ON.match(rest):
        return False
    return not sentence.mentions and _YOURS.search(sentence.text) is None


def _is_label(text: str, match: re.Match[str]) -> bool:
    """Tell whether a head is the label of a figure: `Paid: 84 euros`."""
    return match["mark"] == ":" and re.match(r" ?[\d€$£]", text[match.end() :]) is not None


def _is_deed(match: re.Match[str], past: str, rest: str) -> bool:
    """Tell whether `I have` with a participle tells of a deed of a family."""
    if past == "put" or (past == "set" and _ASIDE.search(rest)):
        return match["past"] is not None and _ASIDE.search(rest) is not None
    if past not in PASTS and past not in _LIGHT:
        return False
    if match["simple"] and past not in _PLAIN and (past not in PASTS or past == "set" or not _DONE_TO.match(rest)):
        return False
    if past in ("ordered", "scheduled", "arranged") and _SORTED.search(rest):
        return False
    if _OF_SPEECH.match(rest):
        return False
    return past in _LIGHT or not match["past"] or match.group().startswith("I") or _DONE_TO.match(rest) is not None


def _phrase(kind: Kind, match: re.Match[str], past: str, subject: str, sentence: Sentence) -> Phrase:
    rest = sentence.text[match.end() :]
    past = past.lower()
    start = sentence.start + match.start()
    family = _family(kind, past, subject.lower(), rest)
    return Phrase(
        kind, match.group().strip(" :,"), start, sentence.start + match.end(), past, family, subject, rest, sentence
    )


def _family(kind: Kind, past: str, subject: str, rest: str) -> str | None:
    """Return the family of a deed by its participle, or by what it was done to."""
    if kind == "through":
        return family_of_noun(subject)
    if past in ("put", "set") and _ASIDE.search(rest):
        return "book"
    if past == "taken":
        return "pay" if _MONEY.match(rest) else None
    if past in _LIGHT:
        return family_of_noun(subject if kind != "active" else " ".join(rest.lower().split()[:4])) or PASTS.get(past)
    if past == "added":
        noun = _NOUN_TO.search(rest)
        return "order" if noun is not None and noun["noun"] == "order" else "add"
    return PASTS.get(past)
