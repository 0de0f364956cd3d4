"""What a trajectory was judged against: policy, rules and constants with their quotes, the source text, the tools."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from gem_sim.canonical import show
from gem_sim.environment import Environment
from gem_sim.report.values import Text, cut_text, visible
from gem_sim.tool import Tool

MAX_PASSAGE = 100_000
_MAX_FUNCTION = 8_000


class Norm(NamedTuple):
    """A rule or a constant; the verbatim `quote` and its `place` are empty where it is not from the text.

    `anchor` is the id of the element in the page that shows the quote in the source text, empty where none does.
    """

    name: str
    kind: str
    text: str
    quote: str
    place: str
    anchor: str


class Span(NamedTuple):
    """A piece of the source text; `names` are the rules and constants that quote it, none for plain text.

    `anchors` are the ids of those whose quote begins here.
    """

    text: str
    names: tuple[str, ...]
    anchors: tuple[str, ...]


class ToolView(NamedTuple):
    """A tool: what it is for, the norms its body and its steps name, its function as compiled."""

    name: str
    effect: str
    description: str
    norms: tuple[Norm, ...]
    function: Text
    inferred: bool


class Context(NamedTuple):
    """An environment as a page shows it; `key` is what the ids of its parts in the page begin with.

    `by_text` finds a rule by its sentence, `by_step` the rule of a step by the ids of workflow and step.
    """

    key: str
    name: str
    title: str
    origin: str
    licence: str
    digest: str
    policy: tuple[str, ...]
    norms: tuple[Norm, ...]
    passage: str
    spans: tuple[Span, ...]
    left_out: str
    tools: dict[str, ToolView]
    by_text: dict[str, Norm]
    by_step: dict[tuple[str, str], Norm]


def context_of(environment: Environment, key: str = "e1") -> Context:
    """Return what a page shows of an environment; `key` tells its parts from those of others in the page."""
    anchors = _anchors(environment, key)
    norms = {**_rules(environment, anchors), **_constants(environment, anchors)}
    return Context(
        key=key,
        name=environment.name,
        title=environment.title,
        origin=environment.origin,
        licence=environment.licence,
        digest=environment.digest,
        policy=tuple(visible(line) for line in environment.policy),
        norms=tuple(norms.values()),
        passage=environment.passage.name,
        spans=tuple(_spans(environment, anchors)),
        left_out=cut_text(environment.passage.text, MAX_PASSAGE).left_out,
        tools={name: _tool(tool, environment, norms) for name, tool in environment.tools.items()},
        by_text={rule.text: norms[name] for name, rule in environment.rules.items()},
        by_step={
            (workflow.id, step.id): norms[step.rule]
            for workflow in environment.workflows
            for step in workflow.steps
            if step.rule in norms
        },
    )


def _anchors(environment: Environment, key: str) -> dict[str, str]:
    """Return the id in the page for each located quote that is within the part of the text that is shown."""
    return {
        place: f"{key}-s{number}"
        for number, (place, source) in enumerate(environment.sources.items(), start=1)
        if source.start < MAX_PASSAGE
    }


def _rules(environment: Environment, anchors: dict[str, str]) -> dict[str, Norm]:
    return {
        name: Norm(
            name,
            rule.kind,
            visible(rule.text),
            visible(rule.quote or ""),
            _place(environment, f"rules.{name}"),
            anchors.get(f"rules.{name}", ""),
        )
        for name, rule in environment.rules.items()
    }


def _constants(environment: Environment, anchors: dict[str, str]) -> dict[str, Norm]:
    return {
        name: Norm(
            name,
            "constant",
            visible(f"{show(constant.value)} {constant.unit or ''}".strip()),
            visible(constant.quote or ""),
            _place(environment, f"constants.{name}"),
            anchors.get(f"constants.{name}", ""),
        )
        for name, constant in environment.constants.items()
    }


def _place(environment: Environment, key: str) -> str:
    source = environment.sources.get(key)
    return "" if source is None else str(source)


def _tool(tool: Tool, environment: Environment, norms: dict[str, Norm]) -> ToolView:
    body = "\n".join(tool.body or ())
    words = set(re.findall(r"\w+", body))
    words.update(
        step.rule
        for workflow in environment.workflows
        for step in workflow.steps
        if step.tool == tool.name and step.rule
    )
    stub = environment.stubs.get(tool.name)
    return ToolView(
        name=tool.name,
        effect=tool.effect or "",
        description=visible(tool.description),
        norms=tuple(norm for name, norm in norms.items() if name in words),
        function=cut_text("" if stub is None else stub.text, _MAX_FUNCTION),
        inferred=stub is not None and stub.inferred,
    )


def _spans(environment: Environment, anchors: dict[str, str]) -> list[Span]:
    """Cut the source text where a quote begins or ends."""
    text = environment.passage.text[:MAX_PASSAGE]
    quoted = [(s.start, s.end, key.partition(".")[2]) for key, s in environment.sources.items()]
    inside = {edge for start, end, _ in quoted for edge in (start, end) if edge < len(text)}
    edges = sorted({0, len(text)} | inside)
    spans = []
    for start, end in pairwise(edges):
        names = tuple(name for first, last, name in quoted if first <= start and end <= last)
        begin = tuple(anchors[key] for key, s in environment.sources.items() if s.start == start and key in anchors)
        spans.append(Span(visible(text[start:end]), names, begin))
    return spans
