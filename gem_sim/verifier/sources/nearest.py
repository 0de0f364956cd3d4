"""What was seen that comes closest to a value without a source, for the evidence of a finding."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from gem_sim.canonical import Json
from gem_sim.verifier.sources.dates import moments_of
from gem_sim.verifier.sources.figures import Figures, nearest
from gem_sim.verifier.sources.seen import Group, Place, Seen
from gem_sim.verifier.sources.timing import Times

_GROUPS: tuple[Group, ...] = ("said", "confirmed", "returned", "prompt")
# Comparing is quadratic in the length, so the latest candidates of about the same length must do.
_MOST = 1000
_SHOWN = 3
_CUTOFF = 0.5


def nearest_to(value: Json, seen: Seen, figures: Figures, times: Times) -> list[str]:
    """Return up to three things seen that come closest, each with its place; the closest first."""
    if isinstance(value, (int, float)):
        return [f"{number:.12g} ({_where(number, seen, figures)})" for number in nearest(value, figures)]
    if not isinstance(value, str):
        return []
    if moments := moments_of(value):
        return times.nearest(moments[0])
    candidates = dict(_candidates(seen, len(value)))
    close = difflib.get_close_matches(value, _alike(value, list(candidates)[-_MOST:]), n=_SHOWN, cutoff=_CUTOFF)
    return [f"{text!r} ({describe(seen.place(seen.text(*candidates[text])))})" for text in close]


def _candidates(seen: Seen, length: int) -> Iterator[tuple[str, tuple[Group, int]]]:
    """Yield the strings of results and the words of texts that are about as long, with their text's number."""
    least, most = 0.5 * length, 2 * length
    for group in _GROUPS:
        for number, text in enumerate(seen.texts_of(group)):
            if least <= len(text) <= most:
                yield text, (group, number)
            for word in text.split()[:200]:
                candidate = word.strip(".,;:!?()'\"")
                if least <= len(candidate) <= most:
                    yield candidate, (group, number)


def _alike(value: str, candidates: list[str]) -> list[str]:
    """Return the candidates that have enough letters in common with a value for `difflib` to call them close.

    It counts the same, `quick_ratio`, letter by letter in Python.
    """
    letters = list(set(value))
    counts = list(map(value.count, letters))
    return [
        candidate
        for candidate in candidates
        if 2 * sum(map(min, counts, map(candidate.count, letters))) >= _CUTOFF * (len(value) + len(candidate))
    ]


def _where(number: float, seen: Seen, figures: Figures) -> str:
    place = seen.returned(number)
    if place is None:
        figure = figures.find(number)
        place = None if figure is None else seen.place(figure.text)
    return "unknown" if place is None else describe(place)


def describe(place: Place) -> str:
    """Return a place in words."""
    if place.call is not None:
        return f"returned by call {place.call} at {place.path}"
    if place.message is None:
        return "told by the policy"
    words = {"said": "said", "confirmed": "proposed by the assistant", "prompt": "told"}
    return f"{words[place.group]} in message {place.message}"
