"""Which of the things that a sentence tells to be done no call has done: `both`, ids, keys of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.verifier.families import Doer, doers, telling
from gem_sim.verifier.outcomes import Outcome
from gem_sim.verifier.phrases import Phrase
from gem_sim.verifier.seen import Received, has, leaves

_BOTH = re.compile(r"\bboth(?: of (?:the|your|them|these))?(?: (?P<noun>[a-z]+))?", re.IGNORECASE)
# Where the words end that say what a deed was done to.
_ENDS = re.compile(
    r"[.;:!?]|\b(?:from|instead|but|while|whereas|so|which|that|because|left|leave|kept|keep|rather|as well as|leaving|your other|stays?|remains?"
    r"|is|are|was|were|will|has|have|can)\b|[,–—(] (?!and\b)|, and (?:the|your)\b"
)
# `Next to R-2`, `in place of R-2`: it was done to another.
_APART = re.compile(
    r"\b(?:of|to|near|beside|opposite|than|after|before|except|without|like|over|above|below|besides|with) "
    r"(?:[a-z]+ )?[\w-]*\d[\w-]*"
)
_RUN = re.compile(r"[\w-]+")
# A table whose keys are words is looked through, one with more rows is no menu.
_FEW = 200
# `A plain frame` names no glass called *plain*.
_NO_NOUN = r"(?=$|[.,;:!?(]| (?:and|or|for|on|to|with|at|in|as|from|is|are|has|have|too)\b)"
_WORD_KEY = re.compile(r"[a-z]{4,}(?: [a-z]{3,}){0,2}")


def undone(
    phrase: Phrase, able: list[Doer], succeeded: list[Received], standing: frozenset[str], environment: Environment
) -> Outcome | None:
    """Return what a phrase tells to be done to more things, or to another, than calls that succeeded have done it to.

    `standing` are the keys of rows that may be said to be so because an answer shows them.
    """
    tools = doers(environment)
    if any(result.tool not in tools for result in succeeded):
        return None
    writes = [
        result for result in succeeded if tools[result.tool].writes or phrase.family in tools[result.tool].families
    ]
    if not writes:
        return None
    return _other(phrase, able, succeeded, writes, standing, environment) or _one_of_both(
        phrase, able, succeeded, writes
    )


def _other(
    phrase: Phrase,
    able: list[Doer],
    succeeded: list[Received],
    writes: list[Received],
    standing: frozenset[str],
    environment: Environment,
) -> Outcome | None:
    """Return that a phrase names a key which no call that wrote something has, in what it was asked or answered."""
    span = _APART.sub(" ", _span(phrase)) if phrase.past != "added" else _span(phrase)
    keys = frozenset[str]().union(*(doer.keys for doer in able))
    for key, value in _named(span, keys, succeeded, environment):
        if any(has(_text(result), value) for result in writes) or _told(
            value, key, phrase, succeeded, writes, standing
        ):
            continue
        did = {str(r.arguments.get(key)) for r in writes if r.tool in {d.name for d in able} and key in r.arguments}
        tools = " or ".join(doer.name for doer in able)
        shown = f", only for {', '.join(sorted(did))}" if did else ""
        place = phrase.sentence.text.lower().find(value)
        name = phrase.sentence.text[place : place + len(value)]
        message = f"{phrase.said!r} is said of {name!r}, and no call of {tools} succeeded for it{shown}"
        evidence: dict[str, Json] = {"object": name, "done": list[Json](sorted(did))}
        return Outcome(phrase.said, phrase.start, message, evidence)
    return None


def _span(phrase: Phrase) -> str:
    """Return the words that say what a deed was done to, in lower case."""
    if phrase.kind in ("befallen", "state") and phrase.subject.lower() not in ("you", "both of you", "you both"):
        # What stands before the verb may be a list: `J-404 and J-402 are cancelled`.
        before = phrase.sentence.text[: max(0, phrase.start - phrase.sentence.start)].lower()
        led = re.search(r"(?:[\w#-]+,? (?:and )?)*$", before)
        return f"{led.group() if led else ''}{phrase.subject.lower()}"
    if phrase.kind == "through":
        return ""
    rest = phrase.rest
    if phrase.kind == "head":
        return rest.lower()
    end = _ENDS.search(rest.lower())
    return rest[: end.start() if end else len(rest)].lower()


def _named(
    span: str, keys: frozenset[str], succeeded: list[Received], environment: Environment
) -> Iterator[tuple[str, str]]:
    """Yield the arguments and the values for them that a span names: ids, and the keys of tables that are words."""
    if not span:
        return
    values, runs = _keys_of(environment), _RUN.findall(span)
    for key in sorted(keys):
        known = values.get(key, frozenset()).union(*(_under(key, result.value) for result in succeeded))
        yield from ((key, run) for run in runs if any(map(str.isdigit, run)) and run in known)
        if key in values and len(known) <= _FEW:
            words = sorted(value for value in known if value in span)
            for value in words:
                if _WORD_KEY.fullmatch(value) and re.search(rf"\b{re.escape(value)}(?:e?s)?{_NO_NOUN}", span):
                    yield key, value


@lru_cache(maxsize=16)
def _keys_of(environment: Environment) -> dict[str, frozenset[str]]:
    """Return the fields that are keys of tables → the keys of their rows at the start, in lower case."""
    return {
        entity.key: frozenset(key.lower() for key in environment.state.get(name, {}))
        for name, entity in environment.entities.items()
    }


def _under(name: str, value: Json) -> Iterator[str]:
    """Yield the texts that stand in a value under a name, in lower case, at any depth."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key == name and isinstance(below, str):
                yield below.lower()
            elif isinstance(below, (dict, list)):
                yield from _under(name, below)
    elif isinstance(value, list):
        for item in value:
            yield from _under(name, item)


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


def _told(
    value: str,
    key: str,
    phrase: Phrase,
    succeeded: list[Received],
    writes: list[Received],
    standing: frozenset[str],
) -> bool:
    """Tell whether an answer tells that it was done to this one, or links this one to what it was done to."""
    pieces = telling(phrase.family) or (phrase.past,)
    done = {leaf.lower() for r in writes for leaf in leaves([dict(r.arguments), r.value]) if is_id(leaf)}
    for result in succeeded:
        for row in _rows(result.value):
            text = repr(row).lower()
            if has(text, value):
                if any(piece in text for piece in pieces) or not standing.isdisjoint(row):
                    return True
                others = {leaf.lower() for name, leaf in row.items() if name != key and is_id(leaf)}
                if not others.isdisjoint(done) and not _same_kind(row, key, writes):
                    return True
    return False


def is_id(leaf: Json) -> bool:
    """Tell whether a value is a text of figures and letters."""
    return isinstance(leaf, str) and any(map(str.isdigit, leaf)) and any(map(str.isalpha, leaf))


def _same_kind(row: dict[str, Json], key: str, writes: list[Received]) -> bool:
    """Tell whether what was written names a value for the very field, so that this one is another."""
    return all(key in result.arguments for result in writes)


def _rows(value: Json) -> Iterator[dict[str, Json]]:
    """Yield the objects in a value that hold no others."""
    if isinstance(value, dict):
        below = [item for item in value.values() if isinstance(item, (dict, list))]
        if not any(isinstance(item, dict) or any(isinstance(x, dict) for x in item) for item in below):
            yield value
        for item in below:
            yield from _rows(item)
    elif isinstance(value, list):
        for item in value:
            yield from _rows(item)


def _text(result: Received) -> str:
    return repr((dict(result.arguments), result.value)).lower()


def _one_of_both(phrase: Phrase, able: list[Doer], succeeded: list[Received], writes: list[Received]) -> Outcome | None:
    """Return that *both* are said to be done where a single call has done one."""
    match = _BOTH.match(phrase.subject) if phrase.kind in ("befallen", "state") else _BOTH.match(phrase.rest.strip())
    if match is None or len(writes) != 1 or phrase.family is None:
        return None
    (only,) = writes
    noun = (match["noun"] or "").lower()
    objects = frozenset[str]().union(*(doer.objects for doer in able))
    if only.tool not in {doer.name for doer in able} or any(isinstance(v, list) for v in only.arguments.values()):
        return None
    several = any(isinstance(leaf, int) and leaf > 1 for leaf in leaves(dict(only.arguments)))
    named = noun.endswith("s") and any(noun in (f"{word}s", f"{word}es") for word in objects)
    if noun and not named and noun not in ("are", "have"):
        return None
    if several and not named:
        return None
    reads = [result for result in succeeded if result is not only]
    if any(piece in repr(result.value).lower() for result in reads for piece in telling(phrase.family)):
        return None
    message = f"{phrase.said!r} is said, and only one call of {only.tool} succeeded"
    return Outcome(phrase.said, phrase.start, message, {"done": [dict(only.arguments)]})
