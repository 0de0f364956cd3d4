"""Simple how-tos, made up from word lists: texts of one kind for recipes that train a small model from nothing.

A text has a heading and two or three numbered steps: one with a limit, one under a condition, at times one that looks
at something. Heading, verbs, nouns, figures and people are drawn apart from each other, so that a text that was held
out is a combination nobody saw, of words that were seen in others. The same seed gives the same texts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

_NOUNS = """
    projector bicycle kayak tent ladder canoe trailer camera drone tripod scanner piano guitar violin drum cabin
    studio locker garage cottage van truck scooter wagon barge sled telescope microscope printer laptop tablet
    speaker stove grill heater cooler mower saw drill hammer pump crane hall court pitch pool gallery kitchen
    workshop greenhouse meadow boat raft jeep carriage balloon harness helmet costume lantern
""".split()
_LIMITED = "reserve book lend hold share".split()
_BOUNDS = ("at most", "no more than")
_UNITS = (("hours", 12), ("days", 30), ("weeks", 8), ("minutes", 45))
_STATES = """
    damaged dirty wet broken late heavy locked empty old rusty cold loose dusty noisy slow torn full cracked
""".split()
_TELL = "inform notify email contact".split()
_PEOPLE = """
    technician janitor manager porter warden keeper steward foreman clerk curator gardener trainer driver mechanic
    librarian caretaker supervisor inspector
""".split()
_LOOK = "check inspect review test".split()
_PARTS = """
    battery label cable lens handle wheel strap hinge switch valve filter manual seal lid hose blade cover lamp
    brake frame
""".split()
_PLACES = "club museum library depot school office theatre station farm hotel harbour village".split()
_OPENINGS = (
    "These are the rules of the {place} for everybody who would like to use the {noun}.",
    "The {place} lets its members use the {noun} as long as these rules are kept.",
    "This page of the {place} is for members who would like to use the {noun}.",
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
    unit, most = draw.choice(_UNITS)
    limited = f"{verb.capitalize()} the {noun} for {draw.choice(_BOUNDS)} {draw.randint(2, most)} {unit}."
    told = f"{draw.choice(_TELL)} the {draw.choice(_PEOPLE)}."
    opener = draw.choice(("If", "If", "Unless"))
    conditional = f"{opener} the {noun} is {draw.choice(_STATES)}, {told}"
    steps = [limited, conditional]
    if draw.random() < 0.5:
        steps.insert(0, f"{draw.choice(_LOOK).capitalize()} the {draw.choice(_PARTS)} of the {noun}.")
    heading = draw.choice(_HEADINGS).format(verb=verb, Verb=verb.capitalize(), noun=noun)
    opening = draw.choice(_OPENINGS).format(place=draw.choice(_PLACES), noun=noun)
    return "\n".join([f"# {heading}", "", opening, "", *(f"{place}. {step}" for place, step in enumerate(steps, start=1))])
