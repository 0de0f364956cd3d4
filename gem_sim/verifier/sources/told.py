"""What the definition of a tool tells an agent."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache

from gem_sim.environment import Environment
from gem_sim.tool import Tool
from gem_sim.trajectory import Trajectory
from gem_sim.verifier.sources.figures import numbers_in
from gem_sim.verifier.sources.forms import bounded, shaped, words
from gem_sim.verifier.sources.schemas import strings_of


class Told:
    """The texts of a tool's definition, put into the form that is searched when they first are."""

    def __init__(self, tool: Tool) -> None:
        self._texts = list(strings_of(tool))

    @cached_property
    def _exact(self) -> str:
        return "\n".join(self._texts)

    @cached_property
    def _words(self) -> str:
        return "\n".join(shaped(self._texts, "words"))

    @cached_property
    def _numbers(self) -> frozenset[float]:
        return frozenset(value for text in self._texts for value, _ in numbers_in(text))

    @cached_property
    def plain(self) -> frozenset[str | float]:
        """The words of the definition as they stand, and its numbers; `has` is true of each."""
        tokens = (token.strip(".,;:!?()[]{}'\"`") for text in self._texts for token in text.split())
        return frozenset((*filter(None, tokens), *self._numbers))

    def has(self, value: str | float) -> bool:
        """Tell whether the definition mentions a value, whatever its case and punctuation."""
        if not isinstance(value, str):
            return value in self._numbers
        needle = words(value)
        return bounded(self._exact, value) >= 0 or (bool(needle.strip()) and needle in self._words)


def told_of(name: str, environment: Environment, trajectory: Trajectory) -> Iterator[Told]:
    """Yield what is told of a tool: as the environment has it, and as the trajectory offers it where that differs."""
    known = environment.tools.get(name)
    if known is not None:
        yield _known(environment, name)
    for tool in trajectory.tools:
        if tool.name == name and (
            known is None or tool.description != known.description or tool.parameters != known.parameters
        ):
            yield Told(tool)


def plainly_told(name: str, environment: Environment) -> frozenset[str | float]:
    """Return the words and numbers of the environment's definition of a tool, none where it lacks the tool."""
    return _known(environment, name).plain if name in environment.tools else frozenset()


@lru_cache(maxsize=1024)
def _known(environment: Environment, name: str) -> Told:
    return Told(environment.tools[name])
