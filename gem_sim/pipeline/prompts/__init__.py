"""The prompts, one file each: front matter with version and output schema, then the text with {{names}}."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from gem_sim.canonical import Json

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<text>.*)\Z", re.DOTALL)
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def _object(required: dict[str, Json], optional: dict[str, Json] | None = None) -> dict[str, Json]:
    names: list[Json] = list(required)
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": names}


_TEXT: dict[str, Json] = {"type": "string"}
_ANY: dict[str, Json] = {"type": "object"}
_EXPECT: dict[str, Json] = {"type": "array", "items": _object({}, {"table": _TEXT, "tool": _TEXT, "where": _ANY})}
_CALL = _object({"tool": _TEXT, "arguments": _ANY})
_TOOL = _object(
    {"name": _TEXT, "parameters": _ANY, "returns": _ANY, "body": {"type": "array", "items": _TEXT}},
    {"description": _TEXT, "effect": {"enum": ["read", "write"]}},
)
_ANSWER = _object({"holds": {"type": "boolean"}, "why": _TEXT})

SCHEMAS: dict[str, dict[str, Json]] = {
    "environment": _object(
        {"slug": _TEXT, "title": _TEXT, "policy": {"type": "array", "items": _TEXT}, "entities": _ANY,
         "constants": _ANY, "rules": _ANY, "tools": {"type": "array", "items": _TOOL, "minItems": 2},
         "workflow": {"anyOf": [_ANY, {"type": "array"}]}, "state": _ANY}
    ),
    "conversations": _object(
        {"conversations": {"type": "array", "minItems": 1, "items": _object(
            {"id": _TEXT, "instruction": _TEXT, "expect": _EXPECT, "turns": {"type": "array", "minItems": 2}})}}
    ),
    "tasks": _object(
        {"tasks": {"type": "array", "minItems": 1, "items": _object(
            {"id": _TEXT, "persona": _TEXT, "instruction": _TEXT, "expect": _EXPECT}, {"known": {}})}}
    ),
    "user": _object({"say": _TEXT, "done": {"type": "boolean"}}),
    "assistant": _object({"say": {"type": ["string", "null"]}, "call": {"anyOf": [_CALL, {"type": "null"}]}}),
    "judgement": _object({"R1": _ANSWER, "R2": _ANSWER, "R3": _ANSWER}),
}  # fmt: skip


class Prompt(NamedTuple):
    """A prompt with its version and the JSON Schema of the reply it asks for."""

    name: str
    version: int
    schema: dict[str, Json]
    text: str

    @property
    def label(self) -> str:
        """Name and version, as the ledger notes them."""
        return f"{self.name}@{self.version}"

    def fill(self, **values: object) -> str:
        """Return the text with each {{name}} filled in; what is filled in is not looked at again.

        Raises:
            KeyError: If a name has no value.
        """
        return _PLACE.sub(lambda match: str(values[match[1]]), self.text)


@lru_cache
def load_prompt(name: str) -> Prompt:
    """Return the prompt of that name."""
    content = resources.files("gem_sim.pipeline.prompts").joinpath(f"{name}.md").read_text(encoding="utf-8")
    match = _FRONT.match(content)
    if match is None:
        raise ValueError(f"prompts/{name}.md has no front matter")
    front = dict(line.split(": ", 1) for line in match["front"].splitlines())
    return Prompt(name, int(front["version"]), SCHEMAS[front["schema"]], match["text"].strip())
