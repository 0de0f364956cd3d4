"""Mutations of what the assistant says: values that nobody told it, and values that contradict what it was told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.simulator.mentions import MONTHS, Leaf, Sentence, leaves, sentences, stands_in
from gem_sim.testing.edits import with_text
from gem_sim.testing.scene import Draft, Scene
from gem_sim.testing.shifts import (
    fabricated_id,
    is_identifying,
    is_new_date,
    is_new_number,
    is_number,
    shifted_date,
    shifted_number,
)

_TRIES = 20
# Names as models make them up, and rarer ones.
_NAMES = (
    *("Sarah Johnson", "Michael Chen", "Emily Carter", "David Whitfield", "Laura Bennett", "James Okafor"),
    *("Marta Quinlan", "Desmond Achterberg", "Yolanda Pryce", "Ilse Vandermeer", "Tobias Renfrew", "Aoife Sandoval"),
)
_TITLES = tuple(month.capitalize() for month in MONTHS)
_DATE = re.compile(
    rf"\b(?P<iso>\d{{4}}-\d\d-\d\d)\b|\b(?P<day>\d{{1,2}})(?P<of> (?:of )?)(?P<month>{'|'.join(_TITLES)})\b"
    rf"|\b(?P<month2>{'|'.join(_TITLES)}) (?P<day2>\d{{1,2}})\b"
)
_NUMBER = re.compile(r"(?<![\w.,:/-])\d+(?:\.\d+)?(?![\w:/-]|[.,]\d)")
# Between two numbers that may change places without saying anything else: 40 x 50, 2 to 5, 18 and 20.
_SYMMETRIC = re.compile(r"^\W*(?:x|by|to|and|or|×)?\W*$")


# Before a word that says how a thing stands.
_STATES = re.compile(r"\b(?:is|are|was|were)\s+(?:(?:now|still|already|currently|all)\s+)?$", re.IGNORECASE)


class _Swap(NamedTuple):
    """A part of a text to be replaced: where it stands, what it says, what it shall say."""

    start: int
    old: str
    new: str


def unsupported_claim(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with a further sentence: a number, date, time, id, address or name that nobody told."""
    indexes = _spoken(scene)
    rng.shuffle(indexes)
    makers = [_amount, _quantity, _day, _time, _reference, _person, _address]
    rng.shuffle(makers)
    for number, index in enumerate(indexes):
        claim = makers[number % len(makers)](scene, rng)
        if claim is None:
            continue
        text = scene.trajectory.messages[index].content or ""
        found = list(sentences(text))
        # Before a closing question, where there is one.
        at = found[-1].start if found and found[-1].text.endswith("?") else len(text)
        new = f"{text[:at].rstrip()} {claim} {text[at:]}".strip()
        what = f"message {index + 1} says what nobody told: {claim!r}"
        yield Draft(with_text(scene.trajectory, index, new), what, message=index + 1, after=claim, certain=True)


def contradicting_summary(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with a value in a sentence that contradicts the answer it was taken from."""
    indexes = _spoken(scene)
    rng.shuffle(indexes)
    for index in indexes:
        text = scene.trajectory.messages[index].content or ""
        answers = _answers_before(scene, index)
        swaps = [swap for sentence in sentences(text) for swap in _contradictions(sentence, answers, index, scene, rng)]
        for parts in rng.sample(swaps, min(2, len(swaps))):
            new = text
            for part in sorted(parts, reverse=True):
                new = new[: part.start] + part.new + new[part.start + len(part.old) :]
            told = ", ".join(f"{part.new!r} instead of {part.old!r}" for part in parts)
            yield Draft(
                with_text(scene.trajectory, index, new),
                f"message {index + 1} contradicts an answer: {told}",
                message=index + 1,
                before=text,
                after=new,
                certain=True,
            )


def _spoken(scene: Scene) -> list[int]:
    return [i for i, message in enumerate(scene.trajectory.messages) if message.role == "assistant" and message.content]


def _answers_before(scene: Scene, index: int) -> list[tuple[str, Leaf]]:
    """Return the leaves of all answers before a message, each with its tool."""
    return [
        (call.placed.call.tool, leaf)
        for call in scene.calls
        if call.placed.message < index
        for leaf in leaves(call.recorded)
        if leaf.value is not None and not isinstance(leaf.value, bool)
    ]


def _contradictions(
    sentence: Sentence, answers: list[tuple[str, Leaf]], index: int, scene: Scene, rng: Random
) -> Iterator[list[_Swap]]:
    """Yield replacements in a sentence that states something; a question states nothing."""
    if sentence.text.endswith("?"):
        return
    yield from _other_dates(sentence, answers, index, scene, rng)
    bare = _DATE.sub(lambda match: " " * len(match[0]), sentence.text)
    numbers = [(sentence.start + match.start(), match[0]) for match in _NUMBER.finditer(bare)]
    told = [(start, text) for start, text in numbers if any(leaf.value == float(text) for _, leaf in answers)]
    for start, text in told:
        new = _new_number(text, scene.told[index], rng)
        if new is not None:
            yield [_Swap(start, text, new)]
    yield from _exchanged(told, answers, sentence)
    yield from _other_words(sentence, answers, scene, rng)


def _other_dates(
    sentence: Sentence, answers: list[tuple[str, Leaf]], index: int, scene: Scene, rng: Random
) -> Iterator[list[_Swap]]:
    for match in _DATE.finditer(sentence.text):
        named = match["month"] or match["month2"]
        if named is not None:
            ending = f"-{_TITLES.index(named) + 1:02}-{int(match['day'] or match['day2']):02}"
        else:
            ending = match["iso"]
        known = [leaf.value for _, leaf in answers if isinstance(leaf.value, str) and leaf.value[:10].endswith(ending)]
        if not known:
            continue
        for _ in range(_TRIES):
            moved = shifted_date(str(known[0])[:10], rng)
            if is_new_date(moved, scene.told[index], scene.clock):
                yield [_Swap(sentence.start + match.start(), match[0], _written_like(moved, match))]
                break


def _written_like(moved: str, match: re.Match[str]) -> str:
    month, day = _TITLES[int(moved[5:7]) - 1], int(moved[8:10])
    if match["month"]:
        return f"{day}{match['of']}{month}"
    return moved if match["iso"] else f"{month} {day}"


def _new_number(text: str, told: str, rng: Random) -> str | None:
    value = float(text) if "." in text else int(text)
    for _ in range(_TRIES):
        moved = shifted_number(value, rng)
        if moved > 0 and is_new_number(float(moved), told):
            return f"{moved:.2f}" if re.search(r"\.\d\d$", text) else str(moved)
    return None


def _exchanged(
    told: list[tuple[int, str]], answers: list[tuple[str, Leaf]], sentence: Sentence
) -> Iterator[list[_Swap]]:
    """Yield two numbers in each other's place, where each is the only value of another field of the answers."""
    for (start, one), (other_start, other) in combinations(told, 2):
        between = sentence.text[start - sentence.start + len(one) : other_start - sentence.start]
        homes = [
            {
                str(leaf.path[-1])
                for _, leaf in answers
                if leaf.path and is_number(leaf.value) and leaf.value == float(t)
            }
            for t in (one, other)
        ]
        if one != other and homes[0].isdisjoint(homes[1]) and not _SYMMETRIC.match(between):
            yield [_Swap(start, one, other), _Swap(other_start, other, one)]


def _other_words(
    sentence: Sentence, answers: list[tuple[str, Leaf]], scene: Scene, rng: Random
) -> Iterator[list[_Swap]]:
    """Yield an id made up in the place of one, and another state of a thing in the place of its state."""
    for tool, leaf in answers:
        value = leaf.value
        if not isinstance(value, str) or len(value) < 4 or not stands_in(value, sentence.text):
            continue
        at = sentence.text.find(value)
        if at < 0:
            continue
        if is_identifying(value, scene) and re.search(r"\d", value):
            yield [_Swap(sentence.start + at, value, fabricated_id(value, scene, rng))]
        elif leaf.path and _STATES.search(sentence.text[:at]):
            others = [other for other in _choices(tool, leaf, scene) if other != value]
            if others:
                yield [_Swap(sentence.start + at, value, rng.choice(others))]


def _choices(tool: str, leaf: Leaf, scene: Scene) -> list[str]:
    """Return what may stand at a place of an answer, where the schema or the table it is a key of lists it."""
    declared = scene.environment.tools.get(tool)
    schema: Json = declared.returns if declared is not None else None
    for part in leaf.path:
        if not isinstance(schema, dict):
            return []
        properties = schema.get("properties")
        schema = properties.get(str(part)) if isinstance(properties, dict) else schema.get("items")
    choices = schema.get("enum") if isinstance(schema, dict) else None
    if not isinstance(choices, list):
        tables = scene.keys.get(str(leaf.value), [])
        choices = [key for table in tables for key in scene.original.start.get(table, {})]
    return [choice for choice in choices if isinstance(choice, str)]


def _amount(scene: Scene, rng: Random) -> str | None:
    units = [unit for unit in ("dollars", "cents", "euros", "pounds") if unit in scene.everything.lower()] or [
        "dollars"
    ]
    value = _unheard(scene, rng, 30, 900)
    unit = units[0]
    texts = (f"That comes to {value} {unit} in all.", f"A fee of {value} {unit} was added.")
    return None if value is None else rng.choice(texts)


def _quantity(scene: Scene, rng: Random) -> str | None:
    value = _unheard(scene, rng, 13, 400)
    texts = (f"There are {value} of them left.", f"It takes {value} days.", f"You are number {value} in the queue.")
    return None if value is None else rng.choice(texts)


def _unheard(scene: Scene, rng: Random, low: int, high: int) -> int | None:
    drawn = (rng.randint(low, high) for _ in range(_TRIES))
    return next((value for value in drawn if is_new_number(float(value), scene.everything)), None)


def _day(scene: Scene, rng: Random) -> str | None:
    day = shifted_date(f"{scene.environment.clock[:10]}", rng)
    for _ in range(_TRIES):
        day = shifted_date(day, rng)
        if is_new_date(day, scene.everything, scene.clock):
            month, number = _TITLES[int(day[5:7]) - 1], int(day[8:10])
            written = rng.choice([f"{number} {month} {day[:4]}", f"{month} {number}, {day[:4]}", day])
            return rng.choice([f"It will be ready on {written}.", f"The last day for this is {written}."])
    return None


def _time(scene: Scene, rng: Random) -> str | None:
    drawn = (f"{rng.randint(8, 21)}:{rng.choice(['05', '20', '35', '50'])}" for _ in range(_TRIES))
    time = next((value for value in drawn if value not in scene.everything), None)
    return None if time is None else f"Please be here by {time}."


def _reference(scene: Scene, rng: Random) -> str | None:
    keys = [key for key in scene.keys if re.search(r"\d", key) and not re.match(r"\d{4}-", key)]
    pattern = rng.choice(keys) if keys else "RX-48213"
    made = fabricated_id(pattern, scene, rng)
    return rng.choice([f"The reference is {made}.", f"It is filed under {made}."])


def _person(scene: Scene, rng: Random) -> str | None:
    names = [name for name in _NAMES if not any(part in scene.everything for part in name.split())]
    name = rng.choice(names)
    texts = (
        f"I have passed it on to {name}.",
        f"{name} will call you about it.",
        f"{name} has approved this already.",
        f"At the counter, ask for {name}.",
        f"It was {name} who put it aside for you.",
        f"{name} from the front desk takes care of the rest.",
    )
    return rng.choice(texts)


def _address(scene: Scene, rng: Random) -> str | None:
    names = [name for name in _NAMES if not any(part in scene.everything for part in name.split())]
    account = rng.choice(names).lower().replace(" ", ".")
    return f"A confirmation goes to {account}@{rng.choice(['post', 'letters', 'mailbox'])}.example."
