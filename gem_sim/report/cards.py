"""What a drawing of an environment shows, as values: a panel a workflow, a card a step, the path of a trajectory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from gem_sim.environment import Environment
from gem_sim.simulator.dataflow import Flow
from gem_sim.simulator.dependency_graph import Declared, Edge, Stated, StateUse
from gem_sim.tool import Tool
from gem_sim.verifier.trail import LEFT_OVER, Fate, Trail
from gem_sim.workflow import Dependency, Step, Workflow

RowKind = Literal["after", "stated", "data", "state"]

_MOST_INFERRED = 9


class Row(NamedTuple):
    """A line of a card that edges end at: what is needed, and the cards of the same panel that it comes from.

    `inferred`: not declared by the workflow. `hint` is the evidence in words.
    """

    kind: RowKind
    text: str
    sources: tuple[str, ...]
    inferred: bool = False
    hint: str = ""


class Call(NamedTuple):
    """A call of the trajectory laid over the drawing: its number, and whether anything is wrong with it."""

    number: int
    fate: Fate


class Card(NamedTuple):
    """A step as it is drawn.

    `after` are the cards that must come before, those in `stated` because a rule of the text says so; `marks` are
    short facts (`R1`, `once`); `when` its condition or None; `hint` what is shown where a pointer rests on it.
    """

    id: str
    tool: str
    effect: str | None
    after: tuple[str, ...]
    stated: frozenset[str]
    marks: tuple[str, ...]
    when: str | None
    rows: tuple[Row, ...]
    calls: tuple[Call, ...]
    hint: str


class Panel(NamedTuple):
    """A workflow as it is drawn; `path` are the cards of its calls that directly follow each other, in pairs."""

    id: str
    title: str
    cards: tuple[Card, ...]
    path: tuple[tuple[str, str], ...]


def panels(environment: Environment, edges: Sequence[Edge], path: Sequence[Trail] = ()) -> tuple[Panel, ...]:
    """Return a panel for each workflow, in the order of the file, and one for tools that no step uses."""
    drawn = [_panel(workflow, environment, edges, path) for workflow in environment.workflows]
    used = {step.tool for workflow in environment.workflows for step in workflow.steps}
    left = tuple(Step(id=name, tool=name) for name in environment.tools if name not in used)
    if left:
        drawn.append(_panel(Workflow(id=LEFT_OVER, steps=left), environment, edges, path))
    return tuple(drawn)


def _panel(workflow: Workflow, environment: Environment, edges: Sequence[Edge], path: Sequence[Trail]) -> Panel:
    title = f"{workflow.title} ({workflow.id})" if workflow.title else workflow.id
    cards = tuple(_card(step, workflow, environment, edges, path) for step in workflow.steps)
    known = {card.id for card in cards}
    pairs = [
        (one.step, next_one.step)
        for one, next_one in pairwise(path)
        if one.workflow == next_one.workflow == workflow.id and one.step != next_one.step
    ]
    return Panel(workflow.id, title, cards, tuple(pair for pair in dict.fromkeys(pairs) if known.issuperset(pair)))


def _card(
    step: Step, workflow: Workflow, environment: Environment, edges: Sequence[Edge], path: Sequence[Trail]
) -> Card:
    tool = environment.tools[step.tool]
    into = [edge for edge in edges if edge.tool == step.tool and _speaks_of(edge, step, workflow)]
    declared = any(edge.kind == "declared" for edge in edges)
    groups = step.groups if declared else ()
    single = [group[0].before for group in groups if group[0].kind == "after" and len(group) == 1]
    ids = {other.tool: other.id for other in reversed(workflow.steps) if other.id != step.id}
    stated = [_source(edge, ids) for edge in into if edge.kind == "stated" and edge.before in ids]
    rows = [_declared_row(group) for group in groups if group[0].kind == "data" or len(group) > 1]
    shown = {(edge.argument, edge.path) for group in groups for edge in group}
    inferred = [*_stated_rows(into, ids), *_data_rows(into, ids, shown), *_state_rows(into, ids)]
    if len(inferred) > _MOST_INFERRED:
        hidden = inferred[_MOST_INFERRED - 1 :]
        hint = "\n".join(row.text for row in hidden)
        inferred = [*inferred[: _MOST_INFERRED - 1], Row("after", f"… and {len(hidden)} more", (), True, hint)]
    return Card(
        id=step.id,
        tool=step.tool,
        effect=tool.effect,
        after=tuple(dict.fromkeys([*single, *stated])),
        stated=frozenset(stated),
        marks=tuple(_marks(step)),
        when=step.when,
        rows=(*rows, *inferred),
        calls=tuple(Call(t.number, t.fate) for t in path if (t.workflow, t.step) == (workflow.id, step.id)),
        hint=_hint(step, tool, environment),
    )


def _speaks_of(edge: Edge, step: Step, workflow: Workflow) -> bool:
    """Tell whether evidence for two tools is evidence for a step: what names a step is about no other one."""
    named = edge.evidence
    if not isinstance(named, Stated | Declared) or named.workflow is None:
        return True
    return (named.workflow, named.step) == (workflow.id, step.id)


def _source(edge: Edge, ids: dict[str, str]) -> str:
    before = edge.evidence.before if isinstance(edge.evidence, Stated) else None
    return before or ids[edge.before]


def _marks(step: Step) -> Iterator[str]:
    if step.rule:
        yield step.rule
    if step.most is not None:
        yield "once" if step.most == 1 else f"at most {step.most}"
    if step.per:
        yield f"per {', '.join(step.per)}"


def _hint(step: Step, tool: Tool, environment: Environment) -> str:
    rule = environment.rules.get(step.rule or "")
    lines = [f"{step.tool}: {tool.description}" if tool.description else step.tool]
    lines += [f"per {', '.join(step.per)}"] if step.per else []
    return "\n".join([*lines, *([f"{step.rule}: {rule.text}"] if rule is not None else [])])


def _declared_row(group: Sequence[Dependency]) -> Row:
    sources = tuple(dict.fromkeys(edge.before for edge in group))
    if group[0].kind == "after":
        return Row("after", f"one of {', '.join(sources)}", sources)
    argument, path = group[0].argument, group[0].path
    if all(edge.path == path for edge in group):
        places = f"{'/'.join(sources)}.{path}" if path else "/".join(sources)
    else:
        places = " or ".join(f"{edge.before}.{edge.path}" for edge in group)
    return Row("data", f"{argument} ← {places}", sources, hint=f"{argument} ← {places}")


def _stated_rows(into: Iterable[Edge], ids: dict[str, str]) -> Iterator[Row]:
    """Yield a row for each rule that names tools of other workflows."""
    by_rule: dict[str, list[str]] = {}
    hints: dict[str, str] = {}
    for edge in into:
        if isinstance(edge.evidence, Stated) and edge.before not in ids:
            by_rule.setdefault(edge.evidence.rule, []).append(edge.before)
            hints[edge.evidence.rule] = str(edge.evidence)
    for rule, tools in by_rule.items():
        yield Row("stated", f"{rule} ← {_either(tools)}", (), True, hints[rule])


def _data_rows(
    into: Iterable[Edge], ids: dict[str, str], shown: Collection[tuple[str | None, str | None]]
) -> Iterator[Row]:
    """Yield a row for each argument that results of the same name feed, and one for each result of another name."""
    rows: dict[tuple[str, str], list[Flow]] = {}
    for edge in into:
        flow = edge.evidence
        if isinstance(flow, Flow) and not (edge.before in ids and (flow.argument, flow.path) in shown):
            name = flow.argument.removesuffix("[]").rpartition(".")[2]
            same = flow.path.removesuffix("[]").rpartition(".")[2] == name
            rows.setdefault((flow.argument, "" if same else f"{flow.before}.{flow.path}"), []).append(flow)
    for (argument, path), fed in rows.items():
        names = [ids.get(flow.before, flow.before) for flow in fed]
        sources = tuple(dict.fromkeys(ids[flow.before] for flow in fed if flow.before in ids))
        source = f"{names[0]}.{fed[0].path}" if path else _either(names)
        yield Row("data", f"{argument} ← {source}", sources, True, "\n".join(map(str, fed)))


def _state_rows(into: Iterable[Edge], ids: dict[str, str]) -> Iterator[Row]:
    """Yield a row for each table that others write."""
    by_table: dict[str, list[Edge]] = {}
    for edge in into:
        if isinstance(edge.evidence, StateUse):
            by_table.setdefault(edge.evidence.table, []).append(edge)
    for table, uses in by_table.items():
        writers = [ids.get(edge.before, edge.before) for edge in uses]
        sources = tuple(dict.fromkeys(ids[edge.before] for edge in uses if edge.before in ids))
        hint = "\n".join(f"{edge.before} {edge.evidence}" for edge in uses)
        yield Row("state", f"{table} ← {_either(writers)}", sources, True, hint)


def _either(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
