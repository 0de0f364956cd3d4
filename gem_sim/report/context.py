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
    """A rule or a constant; the verbatim `quote` and its `place` are empty where it is not from the text."""

    name: str
    kind: str
    text: str
    quote: str
    place: str


class Span(NamedTuple):
    """A piece of the source text; `names` are the rules and constants that quote it, none for plain text."""

    text: str
    names: tuple[str, ...]


class ToolView(NamedTuple):
    """A tool: what it is for, the norms its body and its steps name, its function as compiled."""

    name: str
    effect: str
    description: str
    norms: tuple[Norm, ...]
    function: Text
    inferred: bool


class Context(NamedTuple):
    """An environment as a page shows it."""

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


def context_of(environment: Environment) -> Context:
    """Return what a page shows of an environment."""
    norms = {**_rules(environment), **_constants(environment)}
    return Context(
        name=environment.name,
        title=environment.title,
        origin=environment.origin,
        licence=environment.licence,
        digest=environment.digest,
        policy=tuple(visible(line) for line in environment.policy),
        norms=tuple(norms.values()),
        passage=environment.passage.name,
        spans=tuple(_spans(environment)),
        left_out=cut_text(environment.passage.text, MAX_PASSAGE).left_out,
        tools={name: _tool(tool, environment, norms) for name, tool in environment.tools.items()},
        by_text={rule.text: norms[name] for name, rule in environment.rules.items()},
    )


def _rules(environment: Environment) -> dict[str, Norm]:
    return {
        name: Norm(name, rule.kind, visible(rule.text), visible(rule.quote or ""), _place(environment, f"rules.{name}"))
        for name, rule in environment.rules.items()
    }


def _constants(environment: Environment) -> dict[str, Norm]:
    return {
        name: Norm(
            name,
            "constant",
            visible(f"{show(constant.value)} {constant.unit or ''}".strip()),
            visible(constant.quote or ""),
            _place(environment, f"constants.{name}"),
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


def _spans(environment: Environment) -> list[Span]:
    """Cut the source text where a quote begins or ends."""
    text = environment.passage.text[:MAX_PASSAGE]
    quoted = [(s.start, s.end, key.partition(".")[2]) for key, s in environment.sources.items()]
    inside = {edge for start, end, _ in quoted for edge in (start, end) if edge < len(text)}
    edges = sorted({0, len(text)} | inside)
    spans = []
    for start, end in pairwise(edges):
        names = tuple(name for first, last, name in quoted if first <= start and end <= last)
        spans.append(Span(visible(text[start:end]), names))
    return spans
