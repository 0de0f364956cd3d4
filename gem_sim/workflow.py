"""Workflows: steps and what they depend on."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import Field, model_validator

from gem_sim.canonical import Frozen, Json

if TYPE_CHECKING:
    import networkx as nx

_TAKES = re.compile(r"^(?P<step>[^.\[\]]+)(?P<path>(\[\]|\.[^.\[\]]+)*)$")


class Dependency(NamedTuple):
    """An edge: `before` must have happened for `step`.

    `kind` is *after* (declared order) or *data*; for data, `argument` takes its value from `path` in a result of
    `before` (`books[].book_id`; the empty string is the whole result). Both are None for *after*.
    """

    before: str
    step: str
    kind: Literal["after", "data"]
    argument: str | None = None
    path: str | None = None


class Step(Frozen):
    """One use of a tool in a workflow.

    `after` names steps that must come before; `takes` maps an argument to `step.path` in an earlier result;
    `when` is a condition in the dialect under which the step applies (None: always); `once` says that it may
    succeed only once for the same arguments; `rule` names the rule that says so.
    """

    id: str
    tool: str
    after: tuple[str, ...] = ()
    takes: dict[str, str] = Field(default_factory=dict)
    when: str | None = None
    once: bool = False
    rule: str | None = None

    def dependencies(self) -> tuple[Dependency, ...]:
        """Return the edges into this step: declared order first, then data."""
        order = tuple(Dependency(before, self.id, "after") for before in self.after)
        data = tuple(
            Dependency(step, self.id, "data", argument, path)
            for argument, (step, path) in ((a, split_take(t)) for a, t in self.takes.items())
        )
        return order + data


class Workflow(Frozen):
    """A procedure: steps in the order they were written. `id` and `title` are for people."""

    id: str = "workflow"
    title: str = ""
    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _refer_to_steps(self) -> Workflow:
        ids = [step.id for step in self.steps]
        if len(set(ids)) != len(ids):
            twice = next(step for step in ids if ids.count(step) > 1)
            raise ValueError(f"the step {twice!r} occurs twice; give each step its own id")
        for edge in self.dependencies():
            if edge.before not in ids:
                raise ValueError(f"step {edge.step!r} depends on {edge.before!r}, which is no step of it")
        cycle = self.cycle()
        if cycle:
            raise ValueError(f"the steps {' → '.join(cycle)} wait for each other; remove one `after` or `takes`")
        return self

    def dependencies(self) -> tuple[Dependency, ...]:
        """Return every edge of the workflow, by step."""
        return tuple(edge for step in self.steps for edge in step.dependencies())

    def graph(self) -> nx.MultiDiGraph[str]:
        """Return the steps as a directed graph; nodes carry `step`, edges carry `dependency`."""
        import networkx as nx  # costs a quarter of a second, and most commands draw no graph

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        for step in self.steps:
            graph.add_node(step.id, step=step)
        for edge in self.dependencies():
            graph.add_edge(edge.before, edge.step, dependency=edge)
        return graph

    def cycle(self) -> list[str]:
        """Return the steps of one cycle in order, its first step again at the end; empty without a cycle."""
        before = {step.id: [edge.before for edge in step.dependencies()] for step in self.steps}
        try:
            TopologicalSorter(before).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            return cycle
        return []


def split_take(take: str) -> tuple[str, str]:
    """Split `find.books[].book_id` into the step `find` and the path `books[].book_id`.

    Raises:
        ValueError: If `take` has another form.
    """
    match = _TAKES.match(take)
    if match is None:
        raise ValueError(f"{take!r} is not of the form step.field[].field")
    return match["step"], match["path"].removeprefix(".")


def values_at(value: Json, path: str) -> list[Json]:
    """Return every value that a `takes` path reaches; `[]` is each item of a list or value of a mapping."""
    reached = [value]
    for part in re.findall(r"\[\]|[^.\[\]]+", path):
        if part == "[]":
            reached = [item for found in reached for item in _items(found)]
        else:
            reached = [found[part] for found in reached if isinstance(found, dict) and part in found]
    return reached


def _items(value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    return list(value.values()) if isinstance(value, dict) else []
