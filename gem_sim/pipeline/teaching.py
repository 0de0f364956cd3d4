"""What a teacher is: whoever makes environments of texts, and conversations in environments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

from gem_sim.environment import Environment
from gem_sim.errors import GemSimError
from gem_sim.pipeline.draft import Draft
from gem_sim.pipeline.labels import Labels
from gem_sim.pipeline.ledger import Attempt
from gem_sim.task import Task
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding

Kind = Literal["refused", "truncated", "malformed", "endpoint"]


class ModelFault(GemSimError):
    """A model gave nothing that can be used, for all the tries allowed; `kind` says in what way."""

    def __init__(self, kind: Kind, message: str) -> None:
        self.kind = kind
        self.attempts: tuple[Attempt, ...] = ()
        super().__init__(f"{kind}: {message}")

    def with_attempts(self, attempts: Sequence[Attempt]) -> ModelFault:
        """Return the fault with the attempts that led to it, for the ledger."""
        self.attempts = tuple(attempts)
        return self


class Item(NamedTuple):
    """A segment of text that was kept, with where it came from and its licence ("" where unknown)."""

    id: str
    text: str
    origin: str
    licence: str


# Writes a draft where the run keeps drafts, and loads it; raises what loading an environment raises.
Load = Callable[[Draft], Environment]


class Labelled(NamedTuple):
    """The labels of a text, or None and the reason; and the attempts it took."""

    labels: Labels | None
    reason: str
    attempts: tuple[Attempt, ...]


class Extracted(NamedTuple):
    """An environment, or None and the reason; and the attempts it took."""

    draft: Draft | None
    reason: str
    attempts: tuple[Attempt, ...]


class Conversations(NamedTuple):
    """Tasks and the conversations that pursue them; empty with the reason where there are none."""

    pairs: tuple[tuple[Task, Trajectory], ...]
    reason: str
    attempts: tuple[Attempt, ...]


class Teacher(Protocol):
    """Makes environments and conversations.

    `trusted` says whether the bodies it writes may run in this process.
    """

    @property
    def trusted(self) -> bool: ...
    def settings(self, stage: str) -> str:
        """Return a name for all that decides what comes out of a stage; under another name it is done anew."""

    async def label(self, item: Item, /) -> Labelled:
        """Return the labels of a text, None where the teacher has none: they are not made up."""

    async def extract(self, item: Item, load: Load) -> Extracted:
        """Return the environment of a text; `load` says whether it holds together."""

    async def ground(self, item: Item, draft: Draft, environment: Environment, /) -> Conversations:
        """Return conversations in an environment, their results from execution."""

    async def judge(
        self, item: Item, environment: Environment, task: Task, trajectory: Trajectory, /
    ) -> tuple[tuple[Finding, ...], tuple[Attempt, ...]]:
        """Return what a judge finds wrong with a conversation that passed every check; it can only add."""
