"""The prompts, one file each: front matter with version and output schema, then the text with {{names}}."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.pipeline.prompts.schemas import SCHEMAS

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<text>.*)\Z", re.DOTALL)
_PLACE = re.compile(r"\{\{(\w+)\}\}")


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
