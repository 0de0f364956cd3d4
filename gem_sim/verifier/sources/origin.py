"""The origin of one value: the sources in the order in which they are asked.

Exact matches are asked first, through a hash index; texts are searched only for what is left, and derivations are tried
only for what no text holds.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from gem_sim.canonical import Json
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.verifier.sources.dates import Moment, moments_of
from gem_sim.verifier.sources.figures import Figures, derivation, numbers_in, significant
from gem_sim.verifier.sources.forms import bounded, squeeze, words
from gem_sim.verifier.sources.nearest import nearest_to
from gem_sim.verifier.sources.rework import Found, find_words, has_words, joined, other_form, part
from gem_sim.verifier.sources.schemas import Leaf, declared_choice, format_of, is_default, is_injected, strings_of
from gem_sim.verifier.sources.seen import Place, Seen, Text
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
from gem_sim.verifier.sources.timing import Times

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
# Lists to reckon with are those of the latest results.
_RECENT = 10
_GUESSES: dict[Shape, str] = {
    "word": "a word that may be common knowledge",
    "name": "a name that nothing so far has",
    "file": "a file name that may be the agent's own",
    "measure": "a short number or measure that may be a choice",
}


class _Told(NamedTuple):
    """What a tool's definition tells, as it stands and as words."""

    exact: str
    words: str


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


class Sources:
    """The sources of a replay's arguments; call by call in recorded order, each call before it is answered."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self.seen = Seen(replay.trajectory.messages, replay.calls)
        clock = replay.task.clock if replay.task is not None and replay.task.clock is not None else None
        self.figures = Figures(self.seen)
        self.times = Times(self.seen, clock or replay.environment.clock)
        self._keys: frozenset[str] | None = None
        self._own: dict[str | float, tuple[int, Kind]] = {}
        self._told: dict[str, _Told] = {}

    def is_plain(self, value: Json) -> bool:
        """Tell, quickly, whether a value is a choice, or stands as it is in a result or in the user's words.

        For each such value `origin` names a source; for others it may find one still.
        """
        kind = type(value)
        if kind is str:
            return value in self.seen.values or bounded(self.seen.said, value) >= 0  # type: ignore[arg-type]
        if kind is int or kind is float:
            return value in self.seen.values
        return kind is bool or value is None

    def origin(self, leaf: Leaf, call: ReplayedCall) -> Origin:
        """Return where a leaf of a call comes from; `seen` has to have advanced to the call's message."""
        value = leaf.value
        if is_injected(leaf):
            return Origin("injected", how="put in by the program around the agent")
        if isinstance(value, str):
            found = self._text_origin(leaf, value, call)
        elif isinstance(value, bool) or value is None:
            return Origin("chosen")
        elif isinstance(value, int | float):
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
            self._standing(leaf, text)
            or self._declared(leaf, text, call)
            or self._reused(text)
            or self._reworked(leaf, text)
            or self._stored(text)
            or self._without(leaf, text, call)
        )

    def _standing(self, leaf: Leaf, text: str) -> Origin | None:
        """Return where a value stands as it is; the earlier place where the user and a result both have it."""
        returned, said = self.seen.returned(text), None
        if bounded(self.seen.said, text) >= 0:
            said = self.seen.find("said", "exact", text)
        if said is not None and (returned is None or (said.message or 0) < (returned.message or 0)):
            return _at(said)
        if returned is None:
            returned = self.seen.find("returned", "exact", text)
        return _at(returned) if returned is not None else self._confirmed(leaf, text)

    def _confirmed(self, leaf: Leaf, text: str, *, exact: bool = True) -> Origin | None:
        """Return the proposal that the user said yes to; nobody can vouch for an identifier of the environment."""
        if not self.seen.texts["confirmed"] or self._names_record(leaf):
            return None
        find = self.seen.find("confirmed", "exact", text) if exact else find_words(self.seen, ("confirmed",), text)
        return None if find is None else _at(find)

    def _declared(self, leaf: Leaf, value: str | float, call: ReplayedCall) -> Origin | None:
        if declared_choice(leaf):
            return Origin("chosen", how="among what the schema lists")
        if is_default(leaf):
            return Origin("default", how="the schema's default")
        self._read_policy()
        told = self._texts_of_tool(call)
        if isinstance(value, str):
            place = self.seen.find("prompt", "exact", value) or find_words(self.seen, ("prompt",), value)
            if place is not None:
                return _at(place)
            known = bounded(told.exact, value) >= 0 or has_words(told.words, value)
        else:
            known = any(value == number for number, _ in numbers_in(told.exact))
        return Origin("prompt", how="told by the tool's description") if known else None

    def _read_policy(self) -> None:
        """Count the environment's policy as a prompt, once, before any text of that group is searched."""
        if self._keys is None:
            environment = self._replay.environment
            self._keys = frozenset(entity.key for entity in environment.entities.values())
            policy = [Text(Place("prompt", None), sentence) for sentence in environment.policy]
            self.seen.texts["prompt"][:0] = policy

    def _texts_of_tool(self, call: ReplayedCall) -> _Told:
        name = call.placed.call.tool
        if name not in self._told:
            tools = [self._replay.tool_of(call), *(t for t in self._replay.trajectory.tools if t.name == name)]
            texts = [text for tool in tools if tool is not None for text in strings_of(tool)]
            self._told[name] = _Told("\n".join(texts), "\n".join(map(words, texts)))
        return self._told[name]

    def _identifies(self, leaf: Leaf) -> bool:
        return is_identifying(leaf.name, format_of(leaf)) or self._names_record(leaf)

    def _names_record(self, leaf: Leaf) -> bool:
        self._read_policy()
        return names_record(leaf.name) or (leaf.name in (self._keys or ()) and not is_natural(leaf.name))

    def _reused(self, value: str | float) -> Origin | None:
        """Return the earlier call that first used a value which has no source but the agent."""
        if value not in self._own:
            return None
        number, kind = self._own[value]
        if kind == "unsupported":
            return Origin("unsupported", how=f"call {number} used it first and had no source for it either")
        return Origin("composed", how=f"as in call {number}")

    def _reworked(self, leaf: Leaf, text: str) -> Origin | None:
        identifies = self._identifies(leaf)
        timed = None if identifies else self._timed(text)
        if timed is not None:
            return timed
        found = other_form(self.seen, text) or part(self.seen, text, of_record=self._names_record(leaf))
        if found is None and not identifies:
            found = self._figured(text) or joined(self.seen, self.figures, text)
        if found is None:
            return self._confirmed(leaf, text, exact=False)
        return Origin("derived", found.place.message, found.place.call, found.place.path, found.how)

    def _timed(self, text: str) -> Origin | None:
        """Return how a date, a time, or the name of a month or weekday follows; for what else it is None."""
        for moment in moments_of(text):
            how = self.times.derivation(moment)
            if how is not None:
                return Origin("derived", how=how)
        how = self.times.named(text)
        return None if how is None else Origin("derived", how=how)

    def _figured(self, text: str) -> Found | None:
        """Return where a number in the guise of a text comes from."""
        match = re.fullmatch(r"[$€£¥]?(-?[\d,]*\.?\d+)\s?[A-Za-z%°]{0,8}", text.strip())
        if match is None or not any(map(str.isdigit, match[1])):
            return None
        figure = self.figures.find(float(match[1].replace(",", "")))
        return None if figure is None else Found(figure.place, f"the number {figure.note or figure.value}")

    def _number_origin(self, leaf: Leaf, value: float, call: ReplayedCall) -> Origin:
        return (
            self._standing_number(leaf, value)
            or self._declared(leaf, value, call)
            or self._reused(value)
            or self._reckoned(leaf, value)
            or (self._stored(value) if self._identifies(leaf) or significant(value) >= 4 else None)
            or self._number_without(leaf, value)
        )

    def _standing_number(self, leaf: Leaf, value: float) -> Origin | None:
        returned, figure = self.seen.returned(value), self.figures.find(value)
        if figure is None or (returned is not None and (figure.place.message or 0) >= (returned.message or 0)):
            return None if returned is None else _at(returned)
        if figure.place.group == "confirmed" and self._names_record(leaf):
            return None
        return _at(figure.place, None if figure.note is None else f"as {figure.note!r}")

    def _reckoned(self, leaf: Leaf, value: float) -> Origin | None:
        if self._identifies(leaf):
            return None
        if value in (0, 1):
            return Origin("chosen", how="nothing to know")
        now = self.times.now.day if self.times.now is not None and self.times.now.day is not None else None
        if now is not None and value in (now.year - 1, now.year, now.year + 1):
            return Origin("derived", how=f"the year of the clock, {now}")
        how = derivation(value, self.figures, self.seen.results[-_RECENT:])
        return None if how is None else Origin("derived", how=how)

    def _stored(self, value: str | float) -> Origin | None:
        where = stored_at(self._replay.environment, self._replay.task, value)
        return None if where is None else Origin("unseen", path=where, how="the state holds it, nothing had shown it")

    def _number_without(self, leaf: Leaf, value: float) -> Origin:
        if self._identifies(leaf):
            return Origin("unsupported", how="an identifier")
        if significant(value) >= 4:
            return Origin("unsupported", how="a number of that many digits is no guess")
        return Origin("unexplained", how="a number that may be a choice")

    def _without(self, leaf: Leaf, text: str, call: ReplayedCall) -> Origin:
        """Return what a text is for which no source was found."""
        if self._identifies(leaf):
            return Origin("unsupported", how="an identifier")
        if moments := moments_of(text):
            return self._moment_without(leaf, moments[0], call)
        if not squeeze(text):
            return Origin("chosen", how="punctuation only")
        shape = shape_of(text)
        if shape == "identifier":
            return Origin("unsupported", how="it looks like an identifier")
        if shape == "text" or is_prose(leaf.name):
            strays = (token for token in identifiers_in(text) if not self._is_known(token))
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
        if self.seen.returned(token) is not None or bounded(self.seen.said, token) >= 0 or token in self._own:
            return True
        return (
            other_form(self.seen, token) is not None
            or part(self.seen, token, of_record=False) is not None
            or find_words(self.seen, ("prompt",), token) is not None
            or joined(self.seen, self.figures, token) is not None
            or self._timed(token) is not None
            or self._figured(token) is not None
        )

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


def _at(place: Place, how: str | None = None) -> Origin:
    if place.group == "confirmed":
        return Origin("said", place.message, how="proposed there, confirmed by the user")
    if place.group == "prompt" and place.message is None:
        return Origin("prompt", how="told by the policy")
    kind: Kind = "said" if place.group == "said" else "returned" if place.group == "returned" else "prompt"
    return Origin(kind, place.message, place.call, place.path, how)
