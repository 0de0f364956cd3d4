"""Environments: everything a session needs, as one immutable value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field, JsonValue

from gem_sim.errors import InputError
from gem_sim.frozen import Frozen
from gem_sim.source import Passage, Source
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.tool import Stub, Tool
from gem_sim.workflow import Workflow

RuleKind = Literal["dependency", "limit", "conditional", "uniqueness"]


class Entity(Frozen):
    """What a table holds: `key` is the field that names a row, `row` the JSON Schema of one row."""

    key: str
    row: dict[str, JsonValue] = Field(default_factory=dict)


class Constant(Frozen):
    """A figure of the source text. `unit` None: a bare number or a word. `quote` None: not from the text."""

    value: JsonValue
    unit: str | None = None
    quote: str | None = None


class Rule(Frozen):
    """A constraint of the source text in one sentence. `quote` None: not from the text."""

    text: str
    kind: RuleKind
    quote: str | None = None


@dataclass(frozen=True, eq=False)
class Environment:
    """Tools, stubs, workflows, initial state, tasks and policy; what `environments/<name>/` holds, checked.

    `sources` places the quotes in the passage: `constants.NAME` or `rules.ID` → Source. `conditions` holds the
    compiled conditions of the workflows' steps. `trusted` stubs run in this process, others in a worker process.
    `opener` makes a live run where the tools are a host's own code (see `adapters/`); None runs the stubs. `folder`
    is where it was loaded from, None for one built in memory. `digest` is over all that decides behaviour, state
    included.
    """

    name: str
    title: str
    origin: str
    licence: str
    clock: str
    policy: tuple[str, ...]
    entities: Mapping[str, Entity]
    constants: Mapping[str, Constant]
    rules: Mapping[str, Rule]
    tools: Mapping[str, Tool]
    stubs: Mapping[str, Stub]
    workflows: tuple[Workflow, ...]
    state: State
    passage: Passage
    sources: Mapping[str, Source]
    digest: str
    tasks: Mapping[str, Task] = field(default_factory=dict)
    conditions: Mapping[str, Stub] = field(default_factory=dict)
    trusted: bool = False
    opener: Callable[..., object] | None = None
    folder: str | None = None
    _starts: dict[str, State] = field(default_factory=dict, init=False, repr=False)

    def task_of(self, task: str | Task | None) -> Task | None:
        """Return the task of that id, the task itself, or None for None.

        Raises:
            InputError: If no task has that id.
        """
        if task is None or isinstance(task, Task):
            return task
        if task not in self.tasks:
            known = ", ".join(list(self.tasks)[:5]) or "none"
            raise InputError(
                f"environment {self.name!r} has no task {task!r}", cure=f"name one of its tasks ({known}, …)"
            )
        return self.tasks[task]

    def clock_of(self, task: Task | None) -> str:
        """Return the time at which a session starts: the task's, else the environment's."""
        return task.clock if task is not None and task.clock else self.clock

    def initial_state(self, task: Task | None) -> State:
        """Return the state a session starts from: the environment's, with the task's rows put in."""
        if task is None or not task.state:
            return self.state
        if self.tasks.get(task.id) is not task:
            return self.state.with_changes(task.state)
        # Runs that share their start also share the digests of its rows.
        start = self._starts.get(task.id)
        if start is None:
            start = self._starts[task.id] = self.state.with_changes(task.state)
        return start
