"""Sentences → actions: verb, objects, condition, figures; and sentences that only forbid or limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gem_sim.pipeline.offline.blocks import Sentence, folded
from gem_sim.pipeline.offline.verbs import (
    ADVERBS,
    CLICKS,
    DETERMINERS,
    DUTIES,
    LEADS,
    MODALS,
    NO_NOUN,
    PARTICLES,
    STOPS,
    VERBS,
    Kind,
    kind_of,
    singular,
    words_in,
)

_TOKEN = re.compile(r"«[^»]*»|[^\W\d_][\w'’-]*|\d[\d.,:/%]*|[^\w\s]")
_WORD = re.compile(r"[a-z][a-z-]*")
_ASKS = frozenset(words_in("need needs want wants ask asks have has required remember try able like make sure advised"))
_NOT_AFTER = frozenset(words_in("the a an your their this that these its our his her my of no any some by with for"))
_FORBIDS = re.compile(
    r"\b(?:do not|don't|never|must not|mustn't|cannot|can't|may not|should not|shouldn't|not allowed|only)\b", re.I
)
_MAX_OBJECT = 3
_ENOUGH = 3


class Action(NamedTuple):
    """Something that the text says to do.

    `objects` are noun phrases of up to three words, the first the thing itself; `label` what is clicked, None where
    nothing is. `condition` is the words under which it applies, None for always; `choice` the alternatives named.
    """

    verb: str
    kind: Kind
    objects: tuple[tuple[str, ...], ...]
    label: str | None
    condition: str | None
    choice: tuple[str, ...]
    clause: str
    sentence: Sentence

    @property
    def name(self) -> str:
        """The tool's name: verb and object in snake case, at most five words."""
        words = [folded(self.verb).replace("-", "_"), *(self.objects[0] if self.objects else ())]
        return "_".join(words[:5])[:48].strip("_")


def actions(sentences: list[Sentence]) -> list[Action]:
    """Return the actions of a text in the order in which they are written.

    What one *may* or *can* do is an instruction only in a text that has few others.
    """
    said = [sentence for sentence in sentences if sentence.kind != "heading"]
    strict = [action for sentence in said for action in _of_sentence(sentence, DUTIES)]
    if len({action.name for action in strict}) >= _ENOUGH:
        return strict
    return [action for sentence in said for action in _of_sentence(sentence, MODALS)]


def forbids(sentence: Sentence) -> bool:
    """Tell whether a sentence forbids something or allows one thing only."""
    return sentence.kind != "heading" and _FORBIDS.search(sentence.text) is not None


def _of_sentence(sentence: Sentence, modals: frozenset[str]) -> Iterator[Action]:
    tokens = _TOKEN.findall(sentence.text)
    starts = list(_verb_places(tokens, sentence.kind, modals))
    condition = _condition(tokens, starts)
    for number, place in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(tokens)
        action = _action(tokens, place, end, condition if number == 0 else None, sentence)
        if action is not None:
            yield action


def _verb_places(tokens: list[str], kind: str, modals: frozenset[str]) -> Iterator[int]:
    """Yield where a verb stands in a place in which a sentence tells somebody to do it."""
    leads = bool(tokens) and tokens[0].lower() in LEADS
    expecting, found = True, False
    for index, token in enumerate(tokens):
        word = token.lower()
        before = tokens[index - 1].lower() if index else ""
        if token[0] == "«":
            expecting = False
            continue
        following = tokens[index + 1].lower() if index + 1 < len(tokens) else ""
        if expecting and _is_verb(word, following) and before not in _NOT_AFTER:
            yield index
            expecting, found = False, True
        elif index == 0 and leads:
            expecting = False
        elif token in ",;:(" or token in {"-", "–", "—", ")", ">"}:
            expecting = found or leads or token not in ",(" or index < 4
        elif word in {"and", "then", "or"}:
            expecting = found or expecting
        elif word in ADVERBS or (word.endswith("ly") and expecting):
            expecting = expecting or word in {"then", "please"}
        elif word == "to":
            expecting = before in _ASKS
        elif word in modals or word in {"please", "let's"}:
            expecting = following not in {"not", "be", "never"}
        elif word in {"not", "never", "don't"}:
            expecting = False
        else:
            expecting = False if index or kind == "prose" else token.endswith(":")


def _is_verb(word: str, following: str) -> bool:
    if word not in VERBS:
        return False
    # "Order numbers are …" and "Contact: …" name things; what is told to do something is followed by what it acts on.
    return following not in {"is", "are", "was", "were", "of", ":", "has", "have", "will", ")", "/", "=", "must"}


def _condition(tokens: list[str], starts: list[int]) -> str | None:
    """Return the words between `if` (or `unless`, `when`) and the comma before the first action."""
    if not starts:
        return None
    head = [token.lower() for token in tokens[: starts[0]]]
    for opener in ("if", "unless"):
        if opener in head[:3]:
            words = tokens[head.index(opener) : starts[0]]
            while words and words[-1].lower() in {
                ",",
                "then",
                "please",
                "you",
                "can",
                "should",
                "must",
                "need",
                "to",
                "also",
                "you'll",
            }:
                words.pop()
            return _joined([word.strip("«»") for word in words]) if len(words) > 2 else None
    return None


def _action(tokens: list[str], place: int, end: int, condition: str | None, sentence: Sentence) -> Action | None:
    verb = tokens[place].lower()
    kind = kind_of(verb)
    if kind is None:
        return None
    clause_tokens = tokens[place:end]
    while clause_tokens and clause_tokens[-1].lower() in {",", "and", "then", "or", ";", "(", ".", ":", "-", "–", "—"}:
        clause_tokens.pop()
    clause = _joined(clause_tokens)
    objects, label = _objects(clause_tokens[1:])
    if verb in CLICKS and label is not None:
        words = _words_of(label)
        if words and words[0] in VERBS and len(words) > 1 and words[0] not in CLICKS:
            verb, kind = words[0], VERBS[words[0]]
            objects = (tuple(words[1 : 1 + _MAX_OBJECT]),)
        elif words:
            objects = (tuple(words[:_MAX_OBJECT]), *objects[1:])
    if verb == "make" and objects and objects[0][-1] == "sure":
        return None
    if clause.lower().startswith(("make sure", "be sure")):
        verb, kind = "ensure", "ensure"
        objects = _objects([t for t in clause_tokens[2:] if t.lower() not in {"that", "you", "the"}])[0]
    objects = tuple(words for words in objects if words)
    if not objects or (len(objects[0]) == 1 and objects[0][0] in NO_NOUN):
        return None
    choice = _choice(clause) if verb in CLICKS or verb in {"select", "choose", "set", "pick"} else ()
    return Action(verb, kind, objects, label, condition, choice, clause, sentence)


def _objects(tokens: list[str]) -> tuple[tuple[tuple[str, ...], ...], str | None]:
    """Return the noun phrases that follow a verb, and the first thing set apart by quotes or bold."""
    label = next((token.strip("«» ") for token in tokens[:8] if token[0] == "«"), None)
    index = 0
    while index < len(tokens) and (tokens[index].lower() in PARTICLES or tokens[index].lower() in ADVERBS):
        index += 1
    phrases: list[tuple[str, ...]] = []
    while index < len(tokens) and len(phrases) < 4:
        words, index = _noun_phrase(tokens, index)
        if not words:
            break
        phrases.append(words)
        if index < len(tokens) and tokens[index].lower() in {",", "and", "or"}:
            while index < len(tokens) and tokens[index].lower() in {",", "and", "or"}:
                index += 1
            continue
        break
    return tuple(phrases), label


def _noun_phrase(tokens: list[str], index: int) -> tuple[tuple[str, ...], int]:
    words: list[str] = []
    while index < len(tokens):
        token = tokens[index]
        word = token.lower()
        if token[0] == "«":
            words += _words_of(token)[:_MAX_OBJECT]
        elif word in {"(", "and", "or"} or (word in STOPS and words) or (not word[0].isalnum()):
            break
        elif word in STOPS and word not in DETERMINERS:
            if word not in {"of", "about", "for", "it", "him", "her", "them", "us", "you", "me"}:
                break
        elif word not in DETERMINERS and not word[0].isdigit() and not word.endswith("ly"):
            words += _words_of(word)
        index += 1
    words = [word for word in words if word not in DETERMINERS]
    return tuple(words[-_MAX_OBJECT:]), index


def _words_of(text: str) -> list[str]:
    words = _WORD.findall(folded(text).lower().replace("'s", "").replace("'", ""))
    return [part for word in words for part in word.split("-") if part and part not in DETERMINERS]


def _choice(clause: str) -> tuple[str, ...]:
    """Return the alternatives of `A or B`, where each is set apart or short."""
    found = re.search(r"«([^»]{2,40})»\s*(?:,\s*«([^»]{2,40})»\s*,?\s*)?(?:or|and/or)\s*«([^»]{2,40})»", clause)
    found = found or re.search(r"\beither ([\w -]{2,30}?)() or (?:an? |the )?([\w-]{2,30}(?: [\w-]+)?)", clause)
    return () if found is None else tuple(dict.fromkeys(part.strip() for part in found.groups() if part))


def _joined(tokens: list[str]) -> str:
    text = " ".join(tokens)
    text = re.sub(r"\s+([,.;:!?)%])", r"\1", text)
    return re.sub(r"([($#/])\s+", r"\1", text)


def head_of(words: tuple[str, ...]) -> str:
    """Return the noun that a phrase is about, in the singular."""
    return singular(words[-1])
