"""The origin of one value: the sources in the order in which they are asked.

Exact matches are asked first, through a hash index; texts are searched only for what is left, and derivations are tried
only for what no text holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.verifier.sources.dates import Moment, moments_of, month_of
from gem_sim.verifier.sources.figures import Figures, derivation, significant, stands_in_digits
from gem_sim.verifier.sources.forms import bounded, squeeze, words
from gem_sim.verifier.sources.nearest import nearest_to
from gem_sim.verifier.sources.rework import Found, corrected, find_words, joined, other_form, part, same_words
from gem_sim.verifier.sources.schemas import Leaf, declared_choice, declared_for, is_default, leaves_of
from gem_sim.verifier.sources.seen import Group, Seen, Text
from gem_sim.verifier.sources.shapes import (
    Shape,
    identifiers_in,
    is_bound,
    is_identifying,
    is_natural,
    is_prose,
    names_record,
    shape_of,
)
from gem_sim.verifier.sources.stored import stored_at
from gem_sim.verifier.sources.timing import Times, speaks_of_time
from gem_sim.verifier.sources.told import Told, plainly_told, told_of

Kind = Literal[
    "said", "returned", "prompt", "default", "derived", "chosen", "composed", "injected", "unseen", "unexplained",
    "unsupported",
]  # fmt: skip

# Common English words; any of them in what the user said tells the language.
_ENGLISH = frozenset(
    ("a", "an", "the", "to", "is", "are", "i", "you", "my", "me", "please", "for", "of", "and", "in", "on", "can")
)

# What an agent brought in by itself; when it uses that again, the first use counts.
_OWN = ("composed", "unseen", "unexplained", "unsupported")
# A message, a note or a query of more words than these is the agent's own, and no piecing together is looked for.
_OWN_WORDS = 4
# So many identifiers in one text are looked up.
_STRAYS = 20
# A text no longer than this is in many a result by chance.
_LITTLE = 8
# Beyond this a text of digits is no number that a result would hold as one.
_DIGITS = 30
# Lists to reckon with are those of the latest results.
_RECENT = 10
_MEASURE = re.compile(r"[$€£¥]?(-?(?:\d[\d,]*)?\.?\d+)\s?[A-Za-z%°]{0,8}")
# Within a text: numbers, dates and times of day.
_FIGURE = re.compile(r"(?<![\w.])\d[\d,:/-]*(?:\.\d+)?(?![\w.]*\w)")
_GUESSES: dict[Shape, str] = {
    "word": "a word that may be common knowledge",
    "name": "a name that nothing so far has",
    "file": "a file name that may be the agent's own",
    "measure": "a short number or measure that may be a choice",
}


class Origin(NamedTuple):
    """Where a value comes from.

    `message` is where the source stands, `call` and `path` name the result; messages and calls count from 1, None where
    there is none. `how` says in words what was done with the source or why there is none. `stray` is an identifier
    inside a composed text that has no source, None where there is none such.
    """

    kind: Kind
    message: int | None = None
    call: int | None = None
    path: str | None = None
    how: str | None = None
    stray: str | None = None

    def __str__(self) -> str:
        if self.kind == "returned":
            where = f"returned by call {self.call} at {self.path}"
        elif self.message is not None:
            where = f"{self.kind} in message {self.message}"
        else:
            where = self.kind
        return where if self.how is None else f"{where}: {self.how}"


@lru_cache(maxsize=16)
def _keys(environment: Environment) -> frozenset[str]:
    """Return the fields that name the rows of an environment's tables."""
    return frozenset(entity.key for entity in environment.entities.values())


class Sources:
    """The sources of a replay's arguments; call by call in recorded order, each call before it is answered."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self.seen = Seen(replay.trajectory.messages, replay.calls, replay.environment.policy)
        clock = replay.task.clock if replay.task is not None and replay.task.clock is not None else None
        self.figures = Figures(self.seen)
        self.times = Times(self.seen, clock or replay.environment.clock)
        self._keys = _keys(replay.environment)
        self._own: dict[str | float, tuple[int, Kind]] = {}
        self._definitions: dict[str, tuple[Told, ...]] = {}
        self._plainly_told: frozenset[str | float] = frozenset()

    def advance(self, call: ReplayedCall) -> None:
        """Move on to a call: all that stands before its message is seen."""
        self.seen.advance(call.placed.message)
        self._plainly_told = plainly_told(call.placed.call.tool, self._replay.environment)

    def is_plain(self, value: Json) -> bool:
        """Tell, quickly, whether a value is a choice, or stands as it is in a result, the user's words or the tool's.

        For each such value in the call last moved on to `origin` names a source; for others it may find one still. A
        list is one where all its items are.
        """
        kind = type(value)
        if kind is str:
            return (
                value in self.seen.values or value in self._plainly_told or bounded(self.seen.said, value) >= 0  # type: ignore[arg-type]
            )
        if kind is list:
            return all(map(self.is_plain, value))  # type: ignore[arg-type]
        if kind is dict:
            return False
        if value is None or kind is bool:
            return True
        return (
            value in self.seen.values or value in self._plainly_told or stands_in_digits(value, self.seen.said)  # type: ignore[arg-type]
        )

    def is_accounted_for(self, leaf: Leaf, call: ReplayedCall) -> bool:
        """Tell, quickly, whether a text is one of which `origin` would find nothing wrong, and note what it would note.

        Two kinds are told without a look at results: what the user said in other case or punctuation, and a long text
        of the agent's own that mentions no identifier. Others may be in order still.
        """
        text = leaf.value
        # Only `origin` knows what was used before, and reads dates, in the order in which they come.
        if not isinstance(text, str) or text in self._own or moments_of(text) or speaks_of_time(text):
            return False
        if find_words(self.seen, ("said",), text) is not None:
            return True
        if not self._is_own_prose(leaf, text):
            return False
        self._own[text] = (call.placed.number, "composed")
        return True

    def _is_own_prose(self, leaf: Leaf, text: str) -> bool:
        """Tell whether an argument is the agent's own prose, whatever argument takes it: no other source is near."""
        if not is_prose(leaf.name) or text.count(" ") < _OWN_WORDS or len(text.split()) <= _OWN_WORDS:
            return False
        if leaf.declared.defaults or self._identifies(leaf) or not any(map(str.isalpha, text)) or identifiers_in(text):
            return False
        proposed = self.seen.find("confirmed", "exact", text) or find_words(self.seen, ("confirmed",), text)
        return proposed is None and self._stored(text) is None

    def leaves(self, argument: str, value: Json, call: ReplayedCall) -> Sequence[Leaf]:
        """Return the leaves of an argument of a call, each with what the tool declares for it."""
        replay = self._replay
        declared = declared_for(argument, call.placed.call.tool, replay.environment, replay.trajectory)
        return leaves_of(argument, value, declared)

    def whole(self, value: Json) -> Origin | None:
        """Return the result that held this very list or object; None where none did, and for what is neither."""
        place = self.seen.whole(value) if isinstance(value, (list, dict)) else None
        return None if place is None else Origin("returned", place.message, place.call, place.path)

    def origin(self, leaf: Leaf, call: ReplayedCall) -> Origin:
        """Return where a leaf of a call comes from; `advance` has to have moved on to it."""
        value = leaf.value
        if isinstance(value, str):
            found = self._text_origin(leaf, value, call)
        elif isinstance(value, bool) or value is None:
            return Origin("chosen")
        elif isinstance(value, (int, float)):
            found = self._number_origin(leaf, value, call)
        else:
            return Origin("chosen", how="empty")
        if found.kind in _OWN:
            self._own.setdefault(value, (call.placed.number, found.kind))
        return found

    def _text_origin(self, leaf: Leaf, text: str, call: ReplayedCall) -> Origin:
        if not text.strip():
            return Origin("chosen", how="empty")
        return (
            self._small_default(leaf, text)
            or self._standing(text)
            or self._injected(leaf)
            or self._reused(text)
            or self._reworked(leaf, text, call)
            or (None if moments_of(text) else self._stored(text))
            or self._without(leaf, text, call)
        )

    def _small_default(self, leaf: Leaf, value: str | float) -> Origin | None:
        """Return the default for a value that says so little that a result may hold the same by chance."""
        if not leaf.declared.defaults or not is_default(leaf):
            return None
        little = len(value) <= _LITTLE if isinstance(value, str) else significant(value) < 3
        return Origin("default", how="the schema's default") if little else None

    def _standing(self, text: str) -> Origin | None:
        """Return where a value stands as it is; the earlier place where the user and a result both have it."""
        returned, said = self.seen.returned(text), None
        if bounded(self.seen.said, text) >= 0:
            said = self._at(self.seen.find("said", "exact", text))
        if said is not None and (returned is None or (said.message or 0) < (returned.message or 0)):
            return said
        return None if returned is None else Origin("returned", returned.message, returned.call, returned.path)

    def _confirmed(self, leaf: Leaf, proposal: Text | None) -> Origin | None:
        """Return a proposal that the user said yes to; nobody can vouch for an identifier of the environment."""
        return None if self._names_record(leaf) else self._at(proposal)

    def _injected(self, leaf: Leaf) -> Origin | None:
        return Origin("injected", how="put in by the program around the agent") if leaf.declared.injected else None

    def _declared(self, leaf: Leaf) -> Origin | None:
        if declared_choice(leaf):
            return Origin("chosen", how="among what the schema lists")
        return Origin("default", how="the schema's default") if is_default(leaf) else None

    def _reused(self, value: str | float) -> Origin | None:
        """Return the earlier call that first used a value which has no source but the agent."""
        if value not in self._own:
            return None
        number, kind = self._own[value]
        if kind == "unsupported":
            return Origin("unsupported", how=f"call {number} used it first and had no source for it either")
        return Origin("composed", how=f"as in call {number}")

    def _told(self, value: str | float, call: ReplayedCall) -> Origin | None:
        if isinstance(value, str):
            found = self.seen.find("prompt", "exact", value) or find_words(self.seen, ("prompt",), value)
            if found is not None:
                return self._at(found)
        tool = call.placed.call.tool
        if tool not in self._definitions:
            self._definitions[tool] = tuple(told_of(tool, self._replay.environment, self._replay.trajectory))
        known = any(definition.has(value) for definition in self._definitions[tool])
        return Origin("prompt", how="told by the tool's description") if known else None

    def _identifies(self, leaf: Leaf) -> bool:
        return is_identifying(leaf.name, leaf.declared.format) or self._names_record(leaf)

    def names_entity(self, leaf: Leaf) -> bool:
        """Tell whether a leaf names a row that the environment declares, by its argument's name or by how it looks."""
        looks = isinstance(leaf.value, str) and shape_of(leaf.value) == "identifier"
        return bool(self._replay.environment.entities) and (looks or self._identifies(leaf))

    def _names_record(self, leaf: Leaf) -> bool:
        if names_record(leaf.name):
            return True
        return leaf.name in self._keys and not is_natural(leaf.name)

    def _reworked(self, leaf: Leaf, text: str, call: ReplayedCall) -> Origin | None:
        """Return the source that holds a text among others, or of which it is another form, a part or a piecing."""
        identifies = self._identifies(leaf)
        found = (
            (None if identifies else self._timed(text))
            or self._at(self.seen.find("returned", "exact", text))
            or self._confirmed(leaf, self.seen.find("confirmed", "exact", text))
            or self._derived(same_words(self.seen, text))
            or self._numeral(text)
            or self._confirmed(leaf, find_words(self.seen, ("confirmed",), text))
        )
        found = found or self._declared(leaf)
        if found is not None or (is_prose(leaf.name) and text.count(" ") >= _OWN_WORDS):
            return found
        return (
            self._told(text, call)
            or self._derived(other_form(self.seen, text))
            or self._derived(part(self.seen, text, of_record=self._names_record(leaf)))
            or (None if self._names_record(leaf) else self._derived(corrected(self.seen, text)))
            or (None if identifies or moments_of(text) else self._figured(text))
            or (None if identifies or moments_of(text) else self._derived(joined(self.seen, self.figures, text)))
        )

    def _derived(self, found: Found | None) -> Origin | None:
        if found is None:
            return None
        place = self.seen.place(found.text)
        return Origin("derived", place.message, place.call, place.path, found.how)

    def _timed(self, text: str) -> Origin | None:
        """Return how a date, a time, or the name of a month or weekday follows; for what else it is None."""
        for moment in moments_of(text):
            how = self.times.derivation(moment)
            if how is not None:
                return Origin("derived", how=how)
        how = self.times.named(text)
        return None if how is None else Origin("derived", how=how)

    def _numeral(self, text: str) -> Origin | None:
        """Return the number of a result that a text writes out."""
        bare = text.strip().lstrip("#")
        if not bare.isdecimal() or len(bare) > _DIGITS or str(int(bare)) != bare:
            return None
        place = self.seen.returned(int(bare))
        return None if place is None else Origin("derived", place.message, place.call, place.path, "the same number")

    def _figured(self, text: str) -> Origin | None:
        """Return where a number in the guise of a text comes from."""
        match = _MEASURE.fullmatch(text.strip())
        if match is None:
            return None
        value = float(match[1].replace(",", ""))
        place = self.seen.returned(value)
        if place is not None:
            return Origin("derived", place.message, place.call, place.path, "the same number")
        figure = self.figures.find(value)
        if figure is not None:
            return self._derived(Found(figure.text, f"the number {figure.note or f'{value:.12g}'}"))
        how = derivation(value, self.figures, self.seen.results[-_RECENT:])
        return None if how is None else Origin("derived", how=how)

    def _number_origin(self, leaf: Leaf, value: float, call: ReplayedCall) -> Origin:
        return (
            self._small_default(leaf, value)
            or self._standing_number(leaf, value)
            or self._injected(leaf)
            or self._declared(leaf)
            or self._reused(value)
            or self._told(value, call)
            or (None if self._identifies(leaf) else self._reckoned(leaf.name, value))
            or (self._stored(value) if self._identifies(leaf) or significant(value) >= 4 else None)
            or self._number_without(leaf, value)
        )

    def _standing_number(self, leaf: Leaf, value: float) -> Origin | None:
        said = self.figures.find(value, ("said",))
        returned = self.seen.returned(value)
        if returned is not None and (said is None or (returned.message or 0) <= (said.text.message or 0)):
            return Origin("returned", returned.message, returned.call, returned.path)
        groups: tuple[Group, ...] = (
            ("returned", "prompt") if self._names_record(leaf) else ("confirmed", "returned", "prompt")
        )
        figure = said or self.figures.find(value, groups)
        if figure is None:
            return None
        return self._at(figure.text, None if figure.note is None else f"as {figure.note!r}")

    def _reckoned(self, name: str, value: float) -> Origin | None:
        if value in (0, 1):
            return Origin("chosen", how="nothing to know")
        how = self.times.part(name, value) or derivation(value, self.figures, self.seen.results[-_RECENT:])
        return None if how is None else Origin("derived", how=how)

    def _stored(self, value: str | float) -> Origin | None:
        where = stored_at(self._replay, value)
        return None if where is None else Origin("unseen", path=where, how="the state holds it, nothing had shown it")

    def _number_without(self, leaf: Leaf, value: float) -> Origin:
        if self._identifies(leaf):
            return Origin("unsupported", how="an identifier, which nobody may make up")
        if significant(value) >= 4:
            return Origin("unsupported", how="a number of that many digits is no guess")
        return Origin("unexplained", how="a number that may be a choice")

    def _without(self, leaf: Leaf, text: str, call: ReplayedCall) -> Origin:
        """Return what a text is for which no source was found."""
        if self._identifies(leaf):
            return Origin("unsupported", how="an identifier, which nobody may make up")
        if moments := moments_of(text):
            return self._moment_without(leaf, moments[0], call)
        if month_of(text) is not None:
            return Origin("unexplained", how="a month that nothing names")
        if _MEASURE.fullmatch(text.strip()) and "." in text:
            return self._number_without(leaf, float(re.sub(r"[^\d.]", "", text).rstrip(".")))
        if not squeeze(text):
            return Origin("chosen", how="punctuation only")
        shape = shape_of(text)
        if shape == "identifier":
            return Origin("unsupported", how="it looks like an identifier, which nobody may make up")
        if shape == "text" or is_prose(leaf.name):
            strays = (token for token in identifiers_in(text)[:_STRAYS] if not self._is_known(token))
            return Origin("composed", stray=next(strays, None))
        if shape == "name" and any(find_words(self.seen, ("said", "returned"), word) for word in text.split()):
            return Origin("composed", how="part of it was seen")
        return Origin("unexplained", how=_GUESSES[shape])

    def _moment_without(self, leaf: Leaf, moment: Moment, call: ReplayedCall) -> Origin:
        what = self.times.unexplained(moment)
        if not self.speaks_english():
            return Origin("unexplained", how=f"a {what} that words of another language may have named")
        tool = self._replay.tool_of(call)
        if is_bound(leaf.name) and tool is not None and tool.effect == "read":
            return Origin("unexplained", how="where a search begins or ends may be a choice")
        if what == "time" and (moment.minute or 0) % 30 == 0:
            return Origin("unexplained", how="the time of day may be a choice")
        return Origin("unsupported", how=f"no {what} that was named or follows from the clock")

    def _is_known(self, token: str) -> bool:
        if token in self.seen.values or bounded(self.seen.said, token) >= 0 or token in self._own:
            return True
        return (
            find_words(self.seen, ("said", "returned", "prompt", "confirmed"), token) is not None
            or other_form(self.seen, token) is not None
            or part(self.seen, token, of_record=False) is not None
            or joined(self.seen, self.figures, token) is not None
            or self._timed(token) is not None
            or self._figured(token) is not None
        )

    def mentions(self, text: str) -> list[tuple[str, Origin]]:
        """Return the identifiers, numbers, dates and times inside a text that a result so far holds, with place."""
        found = []
        for token in dict.fromkeys([*identifiers_in(text), *_FIGURE.findall(text)]):
            place = self.seen.returned(token)
            if place is None and _MEASURE.fullmatch(token):
                number = float(token.replace(",", ""))
                place = self.seen.returned(number) if significant(number) >= 2 else None
            if place is not None:
                found.append((token, Origin("returned", place.message, place.call, place.path)))
        return found[:_STRAYS]

    def nearest(self, value: Json) -> list[Json]:
        """Return up to three things seen that come closest to a value, each with its place."""
        return list(nearest_to(value, self.seen, self.figures, self.times))

    def looked_at(self) -> dict[str, Json]:
        """Return how much was looked at: messages of the user, results, and whether a prompt."""
        texts = self.seen.texts
        return {"said": len(texts["said"]), "results": len(self.seen.results), "prompts": len(texts["prompt"])}

    def speaks_english(self) -> bool:
        """Tell whether the user's words so far can be read for dates and number words; so few that it is open count."""
        said = words(self.seen.said).split()
        return len(said) < 4 or not _ENGLISH.isdisjoint(said)

    def _at(self, text: Text | None, how: str | None = None) -> Origin | None:
        """Return a text as the origin of what stands in it; None for None."""
        if text is None:
            return None
        place = self.seen.place(text)
        if text.group == "confirmed":
            return Origin("said", place.message, how="proposed there, confirmed by the user")
        if text.group == "prompt" and place.message is None:
            return Origin("prompt", how="told by the policy")
        return Origin(text.group, place.message, place.call, place.path, how)
