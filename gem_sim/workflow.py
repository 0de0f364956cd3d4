"""Workflows: steps and what they depend on."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import Field, model_validator

from gem_sim.canonical import Json
from gem_sim.frozen import Frozen

if TYPE_CHECKING:
    import networkx as nx

_TAKES = re.compile(r"^(?P<step>[^.\[\]]+)(?P<path>(\[\]|\.[^.\[\]]+)*)$")


class WorkflowFault(ValueError):
    """A workflow contradicts itself; `index` is that of the step where it shows, None for the workflow as a whole."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


class Dependency(NamedTuple):
    """An edge: `before` must have happened for `step`.

    `kind` is *after* (declared order) or *data*; for data, `argument` takes its value from `path` in a result of
    `before` (`books[].book_id`; the empty string is the whole result). Both are None for *after*. Edges into one
    step that share a `group` are alternatives: one of them is enough.
    """

    before: str
    step: str
    kind: Literal["after", "data"]
    argument: str | None = None
    path: str | None = None
    group: int = 0


class Step(Frozen):
    """One use of a tool in a workflow.

    `after` names steps that must come before; a list among them names alternatives, of which one is enough.
    `takes` maps an argument to `step.path` in an earlier result, or to a list of such alternatives. `per` names the
    arguments that say what the step is about (None: those that hold an identifier; empty: it is about nothing): what
    comes before must have been about the same. `when` is a condition in the dialect under which the step applies
    (None: always); `once` says that it may succeed only once for what it is about, `at_most` that often (None:
    any number); `rule` names the rule that says so.
    """

    id: str
    tool: str
    after: tuple[str | tuple[str, ...], ...] = ()
    takes: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    per: tuple[str, ...] | None = None
    when: str | None = None
    once: bool = False
    at_most: int | None = Field(default=None, ge=1)
    rule: str | None = None

    @model_validator(mode="after")
    def _say_how_often_once(self) -> Step:
        if self.once and self.at_most is not None:
            raise ValueError("`once` and `at_most` both say how often; keep one")
        if () in (*self.after, *self.takes.values()):
            raise ValueError("an empty list of alternatives can never be met; name a step or leave the list out")
        return self

    @property
    def most(self) -> int | None:
        """How often the step may succeed for what it is about; None: any number of times."""
        return 1 if self.once else self.at_most

    def dependencies(self) -> tuple[Dependency, ...]:
        """Return the edges into this step: declared order first, then data; alternatives share their group."""
        return self._dependencies

    @cached_property
    def _dependencies(self) -> tuple[Dependency, ...]:
        edges = []
        for group, item in enumerate(self.after):
            for before in (item,) if isinstance(item, str) else item:
                edges.append(Dependency(before, self.id, "after", group=group))
        for group, (argument, item) in enumerate(self.takes.items(), start=len(self.after)):
            for take in (item,) if isinstance(item, str) else item:
                before, path = split_take(take)
                edges.append(Dependency(before, self.id, "data", argument, path, group))
        return tuple(edges)

    @cached_property
    def groups(self) -> tuple[tuple[Dependency, ...], ...]:
        """Return the edges into this step, alternatives together: one of each group must hold."""
        groups: dict[int, list[Dependency]] = {}
        for edge in self.dependencies():
            groups.setdefault(edge.group, []).append(edge)
        return tuple(map(tuple, groups.values()))

    @cached_property
    def taken(self) -> dict[str, frozenset[str]]:
        """Return step → the arguments that take values from its results."""
        found: dict[str, frozenset[str]] = {}
        for edge in self.dependencies():
            if edge.argument is not None:
                found[edge.before] = found.get(edge.before, frozenset()) | {edge.argument}
        return found

    @cached_property
    def joint(self) -> dict[str, tuple[Dependency, ...]]:
        """Return step → the data edges from it that have no alternatives, where there are at least two."""
        single: dict[str, list[Dependency]] = {}
        for edge, *others in self.groups:
            if edge.kind == "data" and not others:
                single.setdefault(edge.before, []).append(edge)
        return {before: tuple(edges) for before, edges in single.items() if len(edges) > 1}


class Workflow(Frozen):
    """A procedure: steps in the order they were written. `id` and `title` are for people."""

    id: str = "workflow"
    title: str = ""
    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _refer_to_steps(self) -> Workflow:
        ids = [step.id for step in self.steps]
        for index, step in enumerate(self.steps):
            if step.id in ids[:index]:
                raise WorkflowFault(f"the step {step.id!r} occurs twice; give each step its own id", index)
            try:
                edges = step.dependencies()
            except ValueError as error:
                raise WorkflowFault(f"step {step.id!r}: {error}", index) from None
            for edge in edges:
                if edge.before not in ids:
                    raise WorkflowFault(f"step {edge.step!r} depends on {edge.before!r}, which is no step of it", index)
        cycle = self.cycle()
        if cycle:
            path = " → ".join(cycle)
            raise WorkflowFault(
                f"the steps {path} wait for each other; remove one `after` or `takes`", ids.index(cycle[0])
            )
        return self

    @cached_property
    def by_id(self) -> dict[str, Step]:
        """The steps by their ids."""
        return {step.id: step for step in self.steps}

    @cached_property
    def tools(self) -> frozenset[str]:
        """The tools that the steps use."""
        return frozenset(step.tool for step in self.steps)

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

    def reachable(self, never: frozenset[str] = frozenset()) -> list[str]:
        """Return the steps that can come about in some order, if those in `never` cannot; in such an order."""
        reached: dict[str, None] = {}
        waiting = [step for step in self.steps if step.id not in never]
        while True:
            still = []
            for step in waiting:
                if all(any(edge.before in reached for edge in group) for group in step.groups):
                    reached[step.id] = None
                else:
                    still.append(step)
            if len(still) == len(waiting):
                return list(reached)
            waiting = still

    def cycle(self) -> list[str]:
        """Return the steps of one cycle that no alternative leads out of, its first step again at the end.

        Empty where every step can come about.
        """
        reached = set(self.reachable())
        before = {
            step.id: [
                edge.before
                for group in step.groups
                if not any(edge.before in reached for edge in group)
                for edge in group
            ]
            for step in self.steps
            if step.id not in reached
        }
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
    parts = _parts(path)
    # Nearly always: a field of the result.
    if len(parts) == 1 and isinstance(value, dict) and parts[0] in value and path != "[]":
        return [value[parts[0]]]
    reached = [value]
    for part in parts:
        if part == "[]":
            reached = list(chain.from_iterable(map(_items, reached)))
        else:
            reached = [found[part] for found in reached if isinstance(found, dict) and part in found]
    return reached


@lru_cache(maxsize=1024)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\[\]|[^.\[\]]+", path))


def _items(value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    return list(value.values()) if isinstance(value, dict) else []
