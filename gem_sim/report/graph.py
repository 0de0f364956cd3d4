"""The declared workflows of an environment as a drawing (SVG, Mermaid) and as plain JSON."""

from __future__ import annotations

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.report.cards import panels
from gem_sim.report.svg import draw


def graph_json(environment: Environment) -> dict[str, Json]:
    """Return the workflows as JSON: `environment`, and `workflows` with their `steps` and `dependencies`."""
    workflows: list[Json] = [
        {
            "id": workflow.id,
            "title": workflow.title,
            "steps": [
                {
                    "id": step.id,
                    "tool": step.tool,
                    "effect": environment.tools[step.tool].effect,
                    "when": step.when,
                    "once": step.once,
                    "rule": step.rule,
                }
                for step in workflow.steps
            ],
            "dependencies": [dict(edge._asdict()) for edge in workflow.dependencies()],
        }
        for workflow in environment.workflows
    ]
    return {"environment": environment.name, "workflows": workflows}


def mermaid(environment: Environment) -> str:
    """Return a Mermaid flowchart: a subgraph a workflow, solid arrows for order, dotted ones for data."""
    lines = ["flowchart LR"]
    for number, panel in enumerate(panels(environment)):
        names = {card.id: f"w{number}s{index}" for index, card in enumerate(panel.cards)}
        lines.append(f"  subgraph w{number} [{_quoted(panel.title)}]")
        for card in panel.cards:
            label = [card.title, card.tool, *card.marks, *([f"when {card.when}"] if card.when else [])]
            lines.append(f"    {names[card.id]}[{_quoted(' · '.join(label))}]:::{card.effect or 'unknown'}")
        lines.append("  end")
        for card in panel.cards:
            lines += [f"  {names[before]} --> {names[card.id]}" for before in card.after]
            for row in card.rows:
                lines += [f"  {names[source]} -.->|{_quoted(row.text)}| {names[card.id]}" for source in row.sources]
    lines += ["  classDef read stroke:#1a6fb5", "  classDef write stroke:#b4540a", "  classDef unknown stroke:#5b6576"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a label as Mermaid takes it: quoted, with its own special characters as entities."""
    entities = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "&": "#amp;", "\n": " "}
    return '"' + "".join(entities.get(character, character) for character in text) + '"'


def svg(environment: Environment) -> str:
    """Return a drawing to look at: a card a step, edges by kind, the rules that say so beneath."""
    steps = [step for workflow in environment.workflows for step in workflow.steps]
    counts = f"{len(environment.workflows)} workflows, {len(steps)} steps, {len(environment.tools)} tools"
    notes = []
    for name in dict.fromkeys(step.rule for step in steps if step.rule):
        rule, source = environment.rules[name], environment.sources.get(f"rules.{name}")
        place = f" “{source.quote}” ({source})" if source is not None else ""
        notes.append(f"{name}  {rule.text}{place}")
    return draw(environment.title, counts, panels(environment), notes)
