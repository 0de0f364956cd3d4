"""What a drawing of an environment's workflows shows, as values: panels of cards, each with its rows."""

from __future__ import annotations

from typing import Literal, NamedTuple

from gem_sim.environment import Environment
from gem_sim.workflow import Dependency, Step, Workflow

RowKind = Literal["after", "stated", "data", "state"]


class Row(NamedTuple):
    """A line of a card that edges end at: what is needed, and the steps of the same panel that it comes from.

    `inferred`: not declared by the workflow.
    """

    kind: RowKind
    text: str
    sources: tuple[str, ...]
    inferred: bool = False


class Card(NamedTuple):
    """A step as it is drawn.

    `after` are the steps that must come before; `marks` short facts (`R1`, `once`); `when` its condition or None;
    `hint` what is shown where a pointer rests on it.
    """

    id: str
    title: str
    tool: str
    effect: str | None
    after: tuple[str, ...]
    marks: tuple[str, ...]
    when: str | None
    rows: tuple[Row, ...]
    hint: str


class Panel(NamedTuple):
    """A workflow as it is drawn; `stated`: pairs of steps whose order a rule of the text states."""

    title: str
    cards: tuple[Card, ...]
    stated: frozenset[tuple[str, str]] = frozenset()


def panels(environment: Environment) -> tuple[Panel, ...]:
    """Return a panel for each workflow, in the order of the file."""
    return tuple(_panel(workflow, environment) for workflow in environment.workflows)


def _panel(workflow: Workflow, environment: Environment) -> Panel:
    title = f"{workflow.title} ({workflow.id})" if workflow.title else workflow.id
    return Panel(title, tuple(_card(step, environment) for step in workflow.steps))


def _card(step: Step, environment: Environment) -> Card:
    tool = environment.tools[step.tool]
    rule = environment.rules.get(step.rule or "")
    marks = [mark for mark in (step.rule, "once" if step.once else None) if mark]
    hint = [f"{step.tool}: {tool.description}" if tool.description else step.tool]
    if rule is not None:
        hint.append(f"{step.rule}: {rule.text}")
    return Card(
        id=step.id,
        title=step.id,
        tool=step.tool,
        effect=tool.effect,
        after=tuple(edge.before for edge in step.dependencies() if edge.kind == "after"),
        marks=tuple(marks),
        when=step.when,
        rows=tuple(_row(edge) for edge in step.dependencies() if edge.kind == "data"),
        hint="\n".join(hint),
    )


def _row(edge: Dependency) -> Row:
    source = f"{edge.before}.{edge.path}" if edge.path else edge.before
    return Row("data", f"{edge.argument} ← {source}", (edge.before,))
