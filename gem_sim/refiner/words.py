"""The sentences of the rewrites that need no model: plain, and without any value that is not in the data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Final

from gem_sim.canonical import Json
from gem_sim.tool import Tool

_CLAUSE = re.compile(r"[.;:(]|,? (?:without|where|when|unless|as found|every)\b")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST: Final = 90
_OPENINGS: Final = ("Could you also", "While you are at it, could you", "One more thing: could you", "Next, could you")
_MOST: Final = 3


def in_words(name: str) -> str:
    """Return a name of a field or a tool in words: `dueOn`, `due_on` → `due on`."""
    return _CAMEL.sub(" ", name).replace("_", " ").lower().strip()


def phrase_of(tool: Tool) -> str:
    """Return what a tool does as an imperative: the first clause of its description, else its name in words."""
    clause = _CLAUSE.split((tool.description or "").strip())[0].strip()
    # One word is what is left of `Shows where the office is`.
    if " " not in clause or len(clause) > _LONGEST or any(letter.isdigit() for letter in clause):
        return in_words(tool.name)
    verb, _, rest = clause.partition(" ")
    return f"{_imperative(verb)} {rest}".strip()


def _imperative(verb: str) -> str:
    """Return a verb as one asks for it: `Shows` → `show`, `Searches` → `search`."""
    if verb[:2].isupper():
        return verb
    lowered = verb[:1].lower() + verb[1:]
    if lowered.endswith(("ches", "shes", "sses", "xes", "zzes")):
        return lowered[:-2]
    return lowered[:-1] if lowered.endswith("s") and not lowered.endswith("ss") else lowered


def shown(value: Json) -> str:
    """Return a value as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return str(value)


def with_values(tool: Tool, arguments: Mapping[str, Json]) -> str:
    """Return what is asked of a tool, with every value named."""
    named = ", ".join(f"{in_words(name)}: {shown(value)}" for name, value in arguments.items())
    return f"{phrase_of(tool)} ({named})" if named else phrase_of(tool)


def request(tool: Tool, arguments: Mapping[str, Json], rng: Random) -> str:
    """Return a user's further request."""
    return f"{rng.choice(_OPENINGS)} {with_values(tool, arguments)}?"


def told(tool: Tool, content: Json) -> str:
    """Return what a tool answered, in a sentence or two: at most a few of its values."""
    if isinstance(content, dict):
        single = {key: value for key, value in content.items() if _is_telling(value)}
        several = next(((key, value) for key, value in content.items() if isinstance(value, list)), None)
        if several is not None:
            return _listed(in_words(several[0]), several[1])
        if single:
            return f"Here it is. {_fields(single)}."
    if isinstance(content, list):
        return _listed("entries", content)
    if _is_telling(content):
        return f"The answer is {shown(content)}."
    return f"That is done: {in_words(tool.name)}."


def _listed(name: str, items: list[Json]) -> str:
    if not items:
        return f"There are no {name}."
    first = items[0]
    if isinstance(first, dict):
        fields = _fields({key: value for key, value in first.items() if _is_telling(value)})
        return f"I have the list of {name}. For the first of them: {fields}." if fields else f"Here are the {name}."
    return f"The {name}: {', '.join(shown(item) for item in items[:_MOST])}."


def _fields(values: Mapping[str, Json]) -> str:
    parts = [f"{in_words(key)} {shown(value)}" for key, value in list(values.items())[:_MOST]]
    return ", ".join(parts)


def _is_telling(value: Json) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and 0 < len(value) <= 60)


def refused(reason: str) -> str:
    """Return how the assistant passes on a refusal."""
    return f"I am sorry, that cannot be done. {reason.rstrip('.')}."


PAUSES: Final = (
    ("Give me a moment, please, somebody is at the door.", "Of course, take your time."),
    ("Sorry, I was on the phone. Where were we?", "No problem. I am ready to go on with your request."),
    ("I hope this is not too much trouble.", "Not at all. Please go on."),
    ("My neighbour recommended you, by the way.", "That is kind. Let us go on where we were."),
    ("It has been raining here all day.", "I hope it clears up for you. Shall we go on?"),
)
GREETINGS: Final = (
    "Hello, I hope you can help me with something.",
    "Good day. I have not done this before, so please bear with me.",
    "Hi there, thanks for taking the time.",
    "Hello. I will try to put it in order.",
)
CLOSINGS: Final = (
    "Please let me know how it goes.",
    "Tell me if anything is unclear.",
    "I am in no hurry.",
    "Thank you in advance.",
)
# Whole phrases only, so that no value can be touched.
SYNONYMS: Final = (
    ("I'd like to", "I would like to"),
    ("I want to", "I would like to"),
    ("Can you", "Could you"),
    ("can you", "could you"),
    ("I need", "I am looking for"),
    ("Thanks", "Thank you"),
    ("I've", "I have"),
    ("I'm", "I am"),
)
