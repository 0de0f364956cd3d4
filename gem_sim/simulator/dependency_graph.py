"""The dependency graph of an environment: which tool needs which other one first, and the evidence that says so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from gem_sim.environment import Environment
from gem_sim.formats import read_records
from gem_sim.simulator.accesses import Access, Accesses, AccessKind, Requirement, accesses_of
from gem_sim.simulator.dataflow import Flow, flows
from gem_sim.trajectory import Trajectory

if TYPE_CHECKING:
    import networkx as nx

EvidenceKind = Literal["declared", "stated", "data", "state"]
EVIDENCE: Final[tuple[EvidenceKind, ...]] = ("declared", "stated", "data", "state")


class Declared(NamedTuple):
    """A step of a workflow names another in `after` or `takes`; alternatives share their `group`."""

    workflow: str
    before: str
    step: str
    by: Literal["after", "takes"]
    argument: str | None
    path: str | None
    group: int

    def __str__(self) -> str:
        source = f"{self.before}.{self.path}" if self.path else self.before
        what = f"after {self.before}" if self.by == "after" else f"{self.argument} ← {source}"
        return f"step {self.step} of workflow {self.workflow}: {what}"


class Stated(NamedTuple):
    """The source text says so: a rule of kind *dependency* with the quote and its place.

    It speaks of the two tools because a step names it (`workflow`, `before` and `step` are ids), or because the body
    of the later one refuses by it (`line`); what does not apply is None.
    """

    rule: str
    text: str
    quote: str
    place: str
    workflow: str | None = None
    before: str | None = None
    step: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        by_step = f"step {self.step} of workflow {self.workflow} names it"
        because = by_step if self.line is None else f"line {self.line} of the body refuses by it"
        return f"{self.rule}: “{self.quote}” ({self.place}); {because}"


class StateUse(NamedTuple):
    """One tool writes what the other reads or requires; the lines are those of the bodies."""

    table: str
    writes: AccessKind
    fields: tuple[str, ...]
    write_line: int
    use: AccessKind
    use_line: int

    def __str__(self) -> str:
        what = "".join(f".{field}" for field in self.fields[:1]) if len(self.fields) == 1 else ""
        used = f"{_USED[self.use]} (line {self.use_line})"
        return f"{self.writes} {self.table}{what} (line {self.write_line}), which is {used}"


_USED = {"reads": "read", "requires": "required"}

Evidence: TypeAlias = Declared | Stated | Flow | StateUse


class Edge(NamedTuple):
    """The tool `before` comes before `tool`, or may have to; `evidence` says by `kind` why."""

    before: str
    tool: str
    kind: EvidenceKind
    evidence: Evidence


@dataclass(frozen=True)
class DependencyGraph:
    """Tools and the edges between them: first what is declared, then what is stated, data, state."""

    tools: tuple[str, ...]
    edges: tuple[Edge, ...]

    def of(self, kinds: Collection[EvidenceKind]) -> tuple[Edge, ...]:
        """Return the edges with evidence of these kinds."""
        return tuple(edge for edge in self.edges if edge.kind in kinds)

    def network(self, kinds: Collection[EvidenceKind] = EVIDENCE) -> nx.MultiDiGraph[str]:
        """Return the graph with the edges of these kinds; nodes are tools, edges carry `edge`."""
        import networkx as nx  # costs a quarter of a second, and most commands need no graph

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        graph.add_nodes_from(self.tools)
        for edge in self.of(kinds):
            graph.add_edge(edge.before, edge.tool, edge=edge)
        return graph

    def needs(self, tool: str, kinds: Collection[EvidenceKind] = ("declared", "stated")) -> tuple[str, ...]:
        """Return all tools that come before a tool, directly or through others, in the environment's order."""
        import networkx as nx

        before = nx.ancestors(self.network(kinds), tool)
        return tuple(name for name in self.tools if name in before)


def dependency_graph(environment: Environment, trajectories: Iterable[Trajectory] | None = None) -> DependencyGraph:
    """Return the dependency graph of an environment from all evidence there is.

    Args:
        environment: Tools, bodies, rules and workflows.
        trajectories: Recordings that may show data edges; None takes the environment's own.
    """
    shown = own_trajectories(environment) if trajectories is None else trajectories
    uses = {tool.name: accesses_of(tool, environment) for tool in environment.tools.values()}
    data = flows(environment, shown)
    edges = [*_declared(environment), *_stated(environment, uses, data)]
    edges += [Edge(flow.before, flow.tool, "data", flow) for flow in data]
    edges += _state(uses)
    return DependencyGraph(tuple(environment.tools), tuple(dict.fromkeys(edges)))


def own_trajectories(environment: Environment) -> Iterator[Trajectory]:
    """Yield the readable trajectories of the environment's own `trajectories.jsonl`, none where it has no such file."""
    path = Path(environment.folder or "") / "trajectories.jsonl"
    if environment.folder is None or not path.is_file():
        return
    for record in read_records(path):
        if record.trajectory is not None:
            yield record.trajectory


def _declared(environment: Environment) -> Iterator[Edge]:
    for workflow in environment.workflows:
        tool_of = {step.id: step.tool for step in workflow.steps}
        for edge in workflow.dependencies():
            by: Literal["after", "takes"] = "after" if edge.kind == "after" else "takes"
            evidence = Declared(workflow.id, edge.before, edge.step, by, edge.argument, edge.path, edge.group)
            yield Edge(tool_of[edge.before], tool_of[edge.step], "declared", evidence)


def _stated(environment: Environment, uses: dict[str, Accesses], data: tuple[Flow, ...]) -> Iterator[Edge]:
    rules = {name for name, rule in environment.rules.items() if rule.kind == "dependency" and rule.quote}
    for workflow in environment.workflows:
        tool_of = {step.id: step.tool for step in workflow.steps}
        for step in workflow.steps:
            if step.rule in rules:
                for edge in step.dependencies():
                    stated = _by_rule(step.rule, environment)._replace(
                        workflow=workflow.id, before=edge.before, step=step.id
                    )
                    yield Edge(tool_of[edge.before], step.tool, "stated", stated)
    for tool, use in uses.items():
        for requirement in use.requirements:
            if requirement.rule in rules:
                for before in _providers(tool, requirement, uses, data):
                    stated = _by_rule(requirement.rule, environment)._replace(line=requirement.line)
                    yield Edge(before, tool, "stated", stated)


def _by_rule(rule: str, environment: Environment) -> Stated:
    source = environment.sources[f"rules.{rule}"]
    return Stated(rule, environment.rules[rule].text, source.quote, str(source))


def _providers(tool: str, requirement: Requirement, uses: dict[str, Accesses], data: tuple[Flow, ...]) -> Iterator[str]:
    """Yield the tools that can bring about what a body requires.

    They are those that write what it looks at: a new row, or the fields it tests. Where none does, the rows have
    always been there, and it is those whose results hold the arguments it looks at.
    """
    writers = [
        name
        for name, use in uses.items()
        if name != tool and any(_brings_about(access, requirement) for access in use.tables)
    ]
    if writers:
        yield from writers
        return
    for flow in data:
        if flow.tool == tool and flow.argument in requirement.arguments:
            yield flow.before


def _brings_about(access: Access, requirement: Requirement) -> bool:
    fields = requirement.tables.get(access.table)
    if fields is None or access.kind not in ("adds", "changes"):
        return False
    return access.kind == "adds" or (bool(fields) and (not access.fields or not set(fields).isdisjoint(access.fields)))


def _state(uses: dict[str, Accesses]) -> Iterator[Edge]:
    for tool, use in uses.items():
        for before, other in uses.items():
            if before == tool:
                continue
            for write in other.tables:
                found = _used(write, use)
                if found is not None:
                    yield Edge(before, tool, "state", found)


def _used(write: Access, use: Accesses) -> StateUse | None:
    """Return how a tool depends on what another writes: by a requirement rather than by merely reading."""
    if write.kind in ("reads", "requires"):
        return None
    of_table = [access for access in use.tables if access.table == write.table]
    for access in sorted(of_table, key=lambda a: a.kind != "requires"):
        met = set(write.fields) & set(access.fields)
        if access.kind == "requires" and (write.kind != "changes" or not write.fields or met):
            fields = tuple(sorted(met)) or access.fields
            return StateUse(write.table, write.kind, fields, write.line, "requires", access.line)
        if access.kind == "reads":
            return StateUse(write.table, write.kind, write.fields, write.line, "reads", access.line)
    return None
