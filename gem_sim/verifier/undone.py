"""Which of the things that a sentence tells to be done no call has done: `both`, ids, keys of tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.verifier.families import Doer, doers, listed, telling
from gem_sim.verifier.outcomes import Outcome
from gem_sim.verifier.phrases import Phrase
from gem_sim.verifier.seen import Received, has, leaves, texts_under

_BOTH = re.compile(r"\bboth(?: of (?:the|your|them|these))?(?: (?P<noun>[a-z]+))?", re.IGNORECASE)
# Where the words end that say what a deed was done to.
_ENDS = re.compile(
    r"[.;:!?]|\b(?:from|instead|but|while|whereas|so|which|that|because|left|leave|kept|keep|rather|as well as|leaving"
    r"|your other|stays?|remains?|is|are|was|were|will|has|have|can)\b|[,–—(] (?!and\b)|, and (?:the|your)\b"
)
# `Next to R-2`, `in place of R-2`: it was done to another.
_APART = re.compile(
    r"\b(?:of|to|near|beside|opposite|than|after|before|except|without|like|over|above|below|besides|with) "
    r"(?:[a-z]+ )?[\w-]*\d[\w-]*"
)
_RUN = re.compile(r"[\w-]+")
_LED = re.compile(r"(?:[\w#-]+,? (?:and )?)*$")
_YOU = ("you", "both of you", "you both")
# A table whose keys are words is looked through, one with more rows is no menu.
_FEW = 200
# `A plain frame` names no glass called *plain*.
_NO_NOUN = r"(?=$|[.,;:!?(]| (?:and|or|for|on|to|with|at|in|as|from|is|are|has|have|too)\b)"
_WORD_KEY = re.compile(r"[a-z]{4,}(?: [a-z]{3,}){0,2}")


class Told(NamedTuple):
    """A deed told of and what may have done it: the tools, the answers that are no refusals, the writing ones of them.

    `standing` are the keys of rows that may be said to be so because an answer shows them, `text` all that was seen.
    """

    phrase: Phrase
    able: list[Doer]
    succeeded: list[Received]
    writes: list[Received]
    standing: frozenset[str]
    text: str

    @property
    def pieces(self) -> tuple[str, ...]:
        """The beginnings of words by which an answer tells of such a deed."""
        return telling(self.phrase.family) or (self.phrase.past,)


def undone(
    phrase: Phrase,
    able: list[Doer],
    succeeded: list[Received],
    standing: frozenset[str],
    environment: Environment,
    text: str,
) -> Outcome | None:
    """Return what a phrase tells to be done to more things, or to another, than the calls that succeeded did it to.

    `text` is all that was seen, in lower case.
    """
    tools = doers(environment)
    if any(result.tool not in tools for result in succeeded):
        return None
    writes = [r for r in succeeded if tools[r.tool].writes or phrase.family in tools[r.tool].families]
    told = Told(phrase, able, succeeded, writes, standing, text)
    return (_other(told, environment) or _one_of_both(told)) if writes else None


def _other(told: Told, environment: Environment) -> Outcome | None:
    """Return that a phrase names a key which no call that wrote something has, in what it was asked or answered."""
    phrase, names = told.phrase, {doer.name for doer in told.able}
    span = _span(phrase)
    if phrase.past != "added":
        span = _APART.sub(" ", span)
    for key, value in _named(span, told, environment):
        if any(has(result.text, value) for result in told.writes) or _shown(key, value, told):
            continue
        did = sorted({str(r.arguments[key]) for r in told.writes if r.tool in names and key in r.arguments})
        tools = [doer.name for doer in told.able if key in doer.keys]
        place = phrase.sentence.text.lower().find(value)
        name = phrase.sentence.text[place : place + len(value)]
        only = f", only for {', '.join(did)}" if did else ""
        message = f"{phrase.said!r} is said of {name!r}, and no call of {listed(tools)} succeeded for it{only}"
        return Outcome(phrase.said, phrase.start, message, {"object": name, "done": list[Json](did)})
    return None


def _span(phrase: Phrase) -> str:
    """Return the words that say what a deed was done to, in lower case."""
    if phrase.kind == "through":
        return ""
    if phrase.kind == "head":
        return phrase.rest.lower()
    if phrase.kind in ("befallen", "state") and phrase.subject.lower() not in _YOU:
        # What stands before the verb may be a list: `J-404 and J-402 are cancelled`.
        led = _LED.search(phrase.sentence.text[: phrase.start - phrase.sentence.start].lower())
        return f"{led.group() if led else ''}{phrase.subject.lower()}"
    rest = phrase.rest.lower()
    end = _ENDS.search(rest)
    return rest if end is None else rest[: end.start()]


def _named(span: str, told: Told, environment: Environment) -> Iterator[tuple[str, str]]:
    """Yield the arguments and the values for them that a span names: ids, and the keys of tables that are words.

    Ids that a call which wrote something has, in what it was asked or answered, are left out.
    """
    if not span:
        return
    values, runs = _keys_of(environment), [run for run in _RUN.findall(span) if any(map(str.isdigit, run))]
    # What a call that wrote something has is no other; to look through all that was answered costs more.
    texts = [result.text for result in told.writes] if runs else []
    others = [run for run in runs if not any(has(text, run) for text in texts)]
    quoted = [run for run in others if _may_be_answered(run, told.text)]
    keys = frozenset[str]().union(*(doer.keys for doer in told.able))
    # Where no answer names an id, only the keys of tables are left to be named.
    for key in sorted(keys if quoted else keys.intersection(values)):
        known = values.get(key, frozenset())
        if quoted or (runs and key in values):
            known = known.union(*(texts_under(key, result.value) for result in told.succeeded))
        if others:
            yield from ((key, run) for run in others if run in known)
        if key in values and len(known) <= _FEW:
            for value in sorted(value for value in known if value in span):
                if _WORD_KEY.fullmatch(value) and _as_object(value).search(span):
                    yield key, value


def _may_be_answered(run: str, text: str) -> bool:
    """Tell, quickly, whether a run of characters may be a text in an answer, by all that was seen in lower case.

    Where anything is written with escapes it may be, too.
    """
    escaped = not run.isascii() or "\\" in text
    return escaped or f'"{run}"' in text or f"'{run}'" in text


@lru_cache(maxsize=1024)
def _as_object(key: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(key)}(?:e?s)?{_NO_NOUN}")


@lru_cache(maxsize=16)
def _keys_of(environment: Environment) -> dict[str, frozenset[str]]:
    """Return the fields that are keys of tables → the keys of their rows at the start, in lower case."""
    return {
        entity.key: frozenset(key.lower() for key in environment.state.get(name, {}))
        for name, entity in environment.entities.items()
    }


def _shown(key: str, value: str, told: Told) -> bool:
    """Tell whether an answer tells that it was done to this one, or links this one to what it was done to."""
    done = {name for r in told.writes for name in _ids((dict(r.arguments), r.value))}
    # Where every call names a value of the very field, this one is another.
    linked = not all(key in result.arguments for result in told.writes)
    for result in told.succeeded:
        for row in _rows(result.value):
            text = repr(row).lower()
            if not has(text, value):
                continue
            if any(piece in text for piece in told.pieces) or not told.standing.isdisjoint(row):
                return True
            if linked and not done.isdisjoint(_ids([below for name, below in row.items() if name != key])):
                return True
    return False


def _one_of_both(told: Told) -> Outcome | None:
    """Return that *both* are said to be done where a single call has done one."""
    phrase = told.phrase
    match = _BOTH.match(phrase.subject if phrase.kind in ("befallen", "state") else phrase.rest.strip())
    if match is None or len(told.writes) != 1 or phrase.family is None:
        return None
    (only,) = told.writes
    if only.tool not in {doer.name for doer in told.able} or any(isinstance(v, list) for v in only.arguments.values()):
        return None
    noun, objects = (match["noun"] or "").lower(), frozenset[str]().union(*(doer.objects for doer in told.able))
    named = any(noun in (f"{word}s", f"{word}es") for word in objects)
    several = any(isinstance(leaf, int) and leaf > 1 for leaf in leaves(dict(only.arguments)))
    if not named and (several or noun not in ("", "are", "have")):
        return None
    reads = (repr(result.value).lower() for result in told.succeeded if result is not only)
    if any(piece in text for text in reads for piece in told.pieces):
        return None
    message = f"{phrase.said!r} is said, and only one call of {only.tool} succeeded"
    return Outcome(phrase.said, phrase.start, message, {"done": [dict(only.arguments)]})


def is_id(text: str) -> bool:
    """Tell whether a text has figures and letters."""
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))


def _ids(values: Iterable[Json]) -> list[str]:
    """Return the texts with figures and letters in some values, in lower case."""
    return [leaf.lower() for leaf in leaves(list(values)) if isinstance(leaf, str) and is_id(leaf)]


def fields_of(wanted: str, value: Json) -> Iterator[str]:
    """Yield the names under which a text, in lower case, stands in a value, at any depth."""
    if isinstance(value, dict):
        for key, below in value.items():
            if isinstance(below, str) and below.lower() == wanted:
                yield key
            elif isinstance(below, (dict, list)):
                yield from fields_of(wanted, below)
    elif isinstance(value, list):
        for item in value:
            yield from fields_of(wanted, item)


def _rows(value: Json) -> Iterator[dict[str, Json]]:
    """Yield the objects in a value that hold no others."""
    if isinstance(value, dict):
        below = [row for item in value.values() if isinstance(item, (dict, list)) for row in _rows(item)]
        yield from below or (value,)
    elif isinstance(value, list):
        for item in value:
            yield from _rows(item)
