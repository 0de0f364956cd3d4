"""What prose says became of a call, or how a thing stands, against the answer just given.

Only plain statements are judged: success said in so many words where every answer since the last message was a refusal,
and a status of the tool's own list of statuses where the answer gives another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.simulator.compare import says_error
from gem_sim.verifier.scene import Scene
from gem_sim.verifier.seen import Received

_SUCCESS = re.compile(
    r"\bsuccessfully\b|\b(?:has|have) (?:now )?been (?:\w+ed|sent|made|put|set|paid|lent)\b"
    r"|\b(?:is|are) (?:now |all )?(?:confirmed|booked|placed|reserved|cancelled|canceled|paid|done|set)\b|\ball set\b",
    re.IGNORECASE,
)
_BEING = re.compile(r"\b(?:is|are|has been|status:?)\s+(?:now |currently |still )?$")
# A message with any of these does not hide that something went wrong, or speaks of something else.
_DOUBT = re.compile(
    r"\b(?:sorry|unfortunately|cannot|can['’]t|could(?:n['’]t| not)|unable|fail\w*|refus\w*|reject\w*|declin\w*|error"
    r"|denied|not|no|never|nothing|however|but|already|only|until|unless|once|if|when|before|problem|issue|instead)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)


class Outcome(NamedTuple):
    """A statement that an answer contradicts: the words, where they start, a sentence for a person, the values."""

    said: str
    start: int
    message: str
    evidence: dict[str, Json]


def false_outcomes(scene: Scene, environment: Environment) -> Iterator[Outcome]:
    """Yield the statements of a message about success and status that the answers since the last message refute."""
    fresh = [result for result in scene.seen.results if result.message > scene.spoken]
    if not fresh:
        return
    text = scene.prose.text
    if all(says_error(result.value) for result in fresh):
        match = _SUCCESS.search(text)
        if match is not None and _DOUBT.search(text) is None:
            last = fresh[-1]
            message = f"{match.group()!r} is said where {last.tool} refused"
            yield Outcome(match.group(), match.start(), message, {"seen": last.value, "seen_in_message": last.message})
        return
    if len(fresh) == 1:
        yield from _false_status(fresh[0], text, environment)


def _false_status(result: Received, text: str, environment: Environment) -> Iterator[Outcome]:
    """Yield a status other than the one the answer gives, where the message gives only that one."""
    if not isinstance(result.value, dict):
        return
    lowered = text.lower()
    for name, value in result.value.items():
        known = _statuses(environment).get(name)
        if known is None or not isinstance(value, str) or value.lower() in lowered:
            continue
        for other in sorted(known - {value.lower()}):
            start = lowered.find(other)
            verb = _BEING.search(lowered, max(0, start - 24), start) if start >= 0 else None
            if verb is not None and not lowered[start + len(other) :][:1].isalnum() and _DOUBT.search(text) is None:
                said = lowered[verb.start() : start + len(other)]
                message = f"{said!r} is said where {result.tool} answers {name} = {value!r}"
                evidence: dict[str, Json] = {"seen": value, "field": name, "seen_in_message": result.message}
                yield Outcome(said, verb.start(), message, evidence)


@lru_cache(maxsize=16)
def _statuses(environment: Environment) -> dict[str, frozenset[str]]:
    """Return the fields that say how a thing stands → every value that a schema of the environment allows."""
    found: dict[str, set[str]] = {}
    schemas: list[Json] = [entity.row for entity in environment.entities.values()]
    schemas += [tool.returns for tool in environment.tools.values()]
    for schema in schemas:
        _collect(schema, found)
    return {name: frozenset(values) for name, values in found.items() if len(values) > 1}


def _collect(schema: Json, found: dict[str, set[str]]) -> None:
    if isinstance(schema, list):
        for item in schema:
            _collect(item, found)
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    for name, below in properties.items() if isinstance(properties, dict) else ():
        if name.endswith(("status", "state")) and isinstance(below, dict):
            allowed = below.get("enum")
            values = [*(allowed if isinstance(allowed, list) else ()), below.get("const")]
            found.setdefault(name, set()).update(value.lower() for value in values if isinstance(value, str))
    for value in schema.values():
        _collect(value, found)
