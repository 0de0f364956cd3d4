"""The dependency graph of an environment as a drawing (SVG, Mermaid) and as plain JSON.

A replay and its verdict can be laid over any of them: then each call stands at its step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.report.cards import panels
from gem_sim.report.svg import Note, draw
from gem_sim.simulator import Replay
from gem_sim.simulator.dependency_graph import DependencyGraph, Edge, EvidenceKind, Stated, dependency_graph
from gem_sim.verdict import Verdict
from gem_sim.verifier.trail import Trail, trail

SHOWN: tuple[EvidenceKind, ...] = ("declared", "stated")


def graph_json(
    environment: Environment,
    kinds: Collection[EvidenceKind] = SHOWN,
    *,
    replay: Replay | None = None,
    verdict: Verdict | None = None,
) -> dict[str, Json]:
    """Return the graph as JSON: `environment`, `tools`, `edges`, `workflows`, and `path` where a replay is given.

    `edges` have `before`, `tool`, `kind` and `evidence`; `tools` have in `needs` all tools that come before them.
    """
    graph = _graph(environment, kinds)
    tools: list[Json] = [
        {"name": tool.name, "effect": tool.effect, "needs": list(graph.needs(tool.name, kinds))}
        for tool in environment.tools.values()
    ]
    edges: list[Json] = [
        {"before": edge.before, "tool": edge.tool, "kind": edge.kind, "evidence": _plain(edge.evidence)}
        for edge in graph.of(kinds)
    ]
    workflows: list[Json] = [
        {
            "id": workflow.id,
            "title": workflow.title,
            "steps": [
                step.model_dump(mode="json", include={"id", "tool", "when", "once", "at_most", "per", "rule"})
                for step in workflow.steps
            ],
            "dependencies": [_plain(edge) for edge in workflow.dependencies()],
        }
        for workflow in environment.workflows
    ]
    described: dict[str, Json] = {"environment": environment.name, "tools": tools, "edges": edges}
    described["workflows"] = workflows
    if replay is not None:
        described["trajectory"] = replay.trajectory.id
        described["path"] = [_plain(one) for one in _trail(replay, verdict)]
    return described


def edge_counts(environment: Environment, kinds: Collection[EvidenceKind] = SHOWN) -> dict[EvidenceKind, int]:
    """Return kind → how many edges have such evidence."""
    edges = _graph(environment, kinds).edges
    return {kind: sum(edge.kind == kind for edge in edges) for kind in kinds}


def _graph(environment: Environment, kinds: Collection[EvidenceKind]) -> DependencyGraph:
    """Return the graph; recordings are read only where data edges are asked for."""
    return dependency_graph(environment, None if "data" in kinds else ())


def _trail(replay: Replay | None, verdict: Verdict | None) -> tuple[Trail, ...]:
    if replay is None:
        return ()
    empty = Verdict(id=replay.trajectory.id, verdict="pass", calls=len(replay.calls), state_digest=None)
    return trail(replay, empty if verdict is None else verdict)


def _plain(value: object) -> dict[str, Json]:
    fields: dict[str, Json] = value._asdict()  # type: ignore[attr-defined]
    return {name: list(item) if isinstance(item, tuple) else item for name, item in fields.items()}


def mermaid(
    environment: Environment,
    kinds: Collection[EvidenceKind] = SHOWN,
    *,
    replay: Replay | None = None,
    verdict: Verdict | None = None,
) -> str:
    """Return a Mermaid flowchart: a subgraph a workflow; thick arrows for stated order, dotted ones for data."""
    lines = ["flowchart LR"]
    for number, panel in enumerate(panels(environment, _graph(environment, kinds).of(kinds), _trail(replay, verdict))):
        names = {card.id: f"w{number}s{index}" for index, card in enumerate(panel.cards)}
        lines.append(f"  subgraph w{number} [{_quoted(panel.title)}]")
        for card in panel.cards:
            label = [card.id, card.tool, *card.marks, *([f"when {card.when}"] if card.when else [])]
            label += [f"calls {', '.join(str(call.number) for call in card.calls)}"] if card.calls else []
            failed = any(call.fate == "fail" for call in card.calls)
            kind = "failed" if failed else card.effect or "unknown"
            lines.append(f"    {names[card.id]}[{_quoted(' · '.join(label))}]:::{kind}")
        lines.append("  end")
        for card in panel.cards:
            for before in card.after:
                lines.append(f"  {names[before]} {'==>' if before in card.stated else '-->'} {names[card.id]}")
            for row in card.rows:
                lines += [f"  {names[source]} -.->|{_quoted(row.text)}| {names[card.id]}" for source in row.sources]
    colours = {"read": "#1a6fb5", "write": "#b4540a", "unknown": "#5b6576", "failed": "#b3261e,stroke-width:3px"}
    lines += [f"  classDef {kind} stroke:{colour}" for kind, colour in colours.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a label as Mermaid takes it: quoted, with its own special characters as entities."""
    entities = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "&": "#amp;", "`": "#96;"}
    return '"' + "".join(entities.get(character, character) for character in " ".join(text.split())) + '"'


def svg(
    environment: Environment,
    kinds: Collection[EvidenceKind] = SHOWN,
    *,
    replay: Replay | None = None,
    verdict: Verdict | None = None,
) -> str:
    """Return a drawing to look at: a card a step, edges by kind, and beneath them the rules that say so.

    Args:
        environment: What is drawn.
        kinds: Which evidence; edges that no workflow declares are dashed.
        replay: A trajectory's path to lay over it: each call's number at its step.
        verdict: Marks the calls of the replay that are at fault; None marks none.
    """
    steps = [step for workflow in environment.workflows for step in workflow.steps]
    subtitle = ", ".join(
        [
            _counted(len(environment.workflows), "workflow"),
            _counted(len(steps), "step"),
            _counted(len(environment.tools), "tool"),
        ]
    )
    if replay is not None:
        outcome = f": {verdict.verdict}" if verdict is not None else ""
        subtitle += f" · trajectory {replay.trajectory.id}, {_counted(len(replay.calls), 'call')}{outcome}"
    edges = _graph(environment, kinds).of(kinds)
    drawn = panels(environment, edges, _trail(replay, verdict))
    notes = [*_findings(verdict), *_rules(environment, edges)]
    legend = [kind for kind in ("declared", "stated", "data", "state") if kind in kinds]
    return draw(environment.title, subtitle, drawn, notes, [*legend, *(["path"] if replay is not None else [])])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _rules(environment: Environment, edges: Iterable[Edge]) -> Iterator[Note]:
    steps = (step for workflow in environment.workflows for step in workflow.steps)
    stated = (edge.evidence.rule for edge in edges if isinstance(edge.evidence, Stated))
    for name in dict.fromkeys([*(step.rule for step in steps if step.rule), *stated]):
        rule, source = environment.rules[name], environment.sources.get(f"rules.{name}")
        place = f" “{source.quote}” ({source})" if source is not None else ""
        yield Note(name, f"{rule.text}{place}")


def _findings(verdict: Verdict | None) -> Iterator[Note]:
    for finding in () if verdict is None else verdict.findings:
        sign = {"error": "✕", "undecided": "?"}.get(finding.severity, "!")
        number = "" if finding.call is None else f" {finding.call}"
        yield Note(f"{sign}{number}", f"{finding.code}: {finding.message}")
