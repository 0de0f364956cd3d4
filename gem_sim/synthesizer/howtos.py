"""Simple how-tos, made up from word lists: texts of one kind for recipes that train a small model from nothing.

A text has a heading and two or three numbered steps: one with a limit, one under a condition, at times one that looks
at something. Heading, verbs, nouns, figures and people are drawn apart from each other, so that a text that was held
out is a combination nobody saw, of words that were seen in others. The same seed gives the same texts.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from gem_sim.pipeline.draft import load_draft
from gem_sim.pipeline.offline.environment import extract
from gem_sim.pipeline.offline.script import ground
from gem_sim.pipeline.offline.verbs import words_in
from gem_sim.synthesizer.form import Pair
from gem_sim.synthesizer.pairs import Written, written_pair

_NOUNS = words_in("""
    projector bicycle kayak tent ladder canoe trailer camera drone tripod piano guitar cabin studio garage
    van scooter wagon telescope printer heater mower drill pump
""")
_LIMITED = ["reserve", "book", "lend", "hold"]
_BOUNDS = ("at most", "no more than")
_UNITS = ["hours", "days", "weeks", "minutes"]
_MOST = 20
_STATES = ["damaged", "dirty", "wet", "broken", "locked", "empty", "rusty", "cold", "loose", "noisy"]
_MENDS = ["clean", "repair", "replace", "tighten", "wipe", "dry"]
_LOOK = ["check", "inspect", "review"]
_PARTS = ["battery", "label", "cable", "lens", "handle", "wheel", "strap", "hinge", "valve", "filter", "cover", "brake"]
_PLACES = ["club", "museum", "library", "school", "theatre", "station", "farm", "village"]
_OPENINGS = (
    "These are the rules of the {place} for everybody who needs the {noun} for some time.",
    "This page of the {place} is for members, and tells what goes for the {noun}.",
)
_HEADINGS = ("How to {verb} a {noun}", "{Verb} a {noun}", "{Verb} your {noun}")


class Howto(NamedTuple):
    """A text under a name."""

    id: str
    text: str


def howtos(number: int, *, seed: int = 0) -> Iterator[Howto]:
    """Yield that many different texts."""
    draw = random.Random(seed)
    seen: set[str] = set()
    while len(seen) < number:
        text = _text(draw)
        if text not in seen:
            seen.add(text)
            yield Howto(f"howto-{seed}-{len(seen):05d}", text)


def _text(draw: random.Random) -> str:
    noun, verb = draw.choice(_NOUNS), draw.choice(_LIMITED)
    most = f"{draw.choice(_BOUNDS)} {draw.randint(3, _MOST)} {draw.choice(_UNITS)}"
    limited = f"{verb.capitalize()} the {noun} for {most}."
    opener = draw.choice(("If", "If", "Unless"))
    parts = draw.sample(_PARTS, 2)
    conditional = f"{opener} the {noun} is {draw.choice(_STATES)}, {draw.choice(_MENDS)} the {parts[0]}."
    steps = [limited, conditional]
    if draw.random() < 0.3:
        steps.insert(0, f"{draw.choice(_LOOK).capitalize()} the {parts[1]} of the {noun}.")
    heading = draw.choice(_HEADINGS).format(verb=verb, Verb=verb.capitalize(), noun=noun)
    opening = draw.choice(_OPENINGS).format(place=draw.choice(_PLACES), noun=noun)
    return "\n".join(
        [f"# {heading}", "", opening, "", *(f"{place}. {step}" for place, step in enumerate(steps, start=1))]
    )


def howto_pairs(texts: Iterable[Howto], dropped: Counter[str], *, rows: int = 1) -> Iterator[Written]:
    """Yield a verified pair for each text: the offline teacher's environment, and its conversation of all the steps.

    It is what `gem-sim synthesize` and an export would give, without the workspace between them. Tables keep `rows`.
    """
    with TemporaryDirectory() as scratch:
        for howto in texts:
            procedure, draft = extract(howto.text, origin="made up")
            environment = load_draft(Path(scratch) / "whole", draft, trusted=True)
            one = ground(procedure, environment, howto.text)[0]
            pair = Pair(draft, one.task, one.trajectory)
            written = written_pair(pair, Path(scratch) / "cut", dropped, document=howto.id, rows=rows, trusted=True)
            if written is not None:
                yield written
