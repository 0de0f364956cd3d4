"""An induced environment as files: environment.json, source.md, state.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gem_sim.canonical import Json, show
from gem_sim.compiler.function import parameter_names
from gem_sim.errors import InputError
from gem_sim.formats.atomic import atomic_text
from gem_sim.induce.bodies import Writer, all_of, exact_of, given_table
from gem_sim.induce.facts import Known
from gem_sim.induce.plan import Plan
from gem_sim.induce.recorded import Dialogue
from gem_sim.induce.roles import ANSWERS, DOUBTS, REFUSALS, SITUATION
from gem_sim.induce.shape import Object
from gem_sim.induce.shape import Rows as Listed
from gem_sim.tool import UNSPECIFIED
from gem_sim.verdict import Finding

Rows = dict[str, dict[str, Json]]


class Files(NamedTuple):
    """The content of the three files."""

    environment: dict[str, Json]
    source: str
    state: dict[str, Rows]


def files_of(
    name: str, plan: Plan, dialogues: Sequence[Dialogue], findings: Sequence[Finding], inputs: Sequence[str]
) -> Files:
    """Return an environment that answers as the recordings do."""
    state = _state(plan)
    tables = {role.table.name: role.table for role in plan.roles.values() if role.table is not None}
    clocks = sorted(dialogue.clock for dialogue in dialogues if dialogue.clock)
    clock = max(clocks, key=lambda text: (clocks.count(text), text)) if clocks else "2026-01-01T00:00:00Z"
    entities: dict[str, Json] = {
        table: {"key": "@key", "row": {"type": "object"}} for table in sorted({*tables, *state})
    }
    rules = _rules(plan)
    environment: dict[str, Json] = {
        "name": name,
        "title": f"Induced from {len(dialogues)} recorded dialogues",
        "origin": "induced",
        "licence": "that of the recordings",
        "clock": clock,
        "policy": [],
        "entities": entities,
        "rules": rules,
        "tools": [_tool(plan, tool) for tool in sorted(plan.tools)],
    }
    return Files(environment, _source(plan, dialogues, findings, inputs), state)


def write_folder(folder: Path, files: Files) -> None:
    """Write the files, each whole or not at all.

    Raises:
        InputError: If the folder holds an environment that was not induced, or cannot be written.
    """
    present = folder / "environment.json"
    if present.exists() and '"origin": "induced"' not in present.read_text(encoding="utf-8", errors="replace"):
        raise InputError("the folder holds an environment that was not induced", file=str(folder), cure="name another")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("source.md", files.source),
        ("state.json", _dump(files.state)),
        ("environment.json", _dump(files.environment)),
    ):
        with atomic_text(folder / name) as file:
            file.write(text)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _tool(plan: Plan, name: str) -> dict[str, Json]:
    tool, role = plan.tools[name], plan.roles[name]
    lines = Writer(plan, role, parameter_names(tool, ())).body()
    written: dict[str, Json] = {"name": name, "description": tool.description}
    written["effect"] = "write" if role.writes else "read"
    written["parameters"] = tool.parameters
    returns = _returns(role.shape.template) if role.shape is not None and role.kind == "list" else None
    if returns:
        written["returns"] = returns
    written["body"] = list(lines)
    return written


def _returns(template: object) -> dict[str, Json]:
    """Return the part of a schema that says which lists promise no order."""
    if isinstance(template, Listed):
        return {"type": "array", "uniqueItems": True}
    if isinstance(template, Object):
        below = {name: _returns(part) for name, part in template.fields}
        return {"properties": {name: schema for name, schema in below.items() if schema}} if any(below.values()) else {}
    return {}


def _rules(plan: Plan) -> dict[str, Json]:
    """Return a rule for each refusal recorded of each tool."""
    rules: dict[str, Json] = {}
    for call, _ in plan.refusals:
        text = f"{call.tool} refuses: {message_of(call.answer)}"
        if not any(isinstance(rule, dict) and rule["text"] == text for rule in rules.values()):
            rules[f"R{len(rules) + 1}"] = {"text": text, "kind": "conditional"}
    return rules


def message_of(answer: Json) -> str:
    """Return the words of a refusal."""
    if isinstance(answer, dict):
        for key in ("error", "exception", "message", "detail"):
            if isinstance(answer.get(key), str):
                return str(answer[key])
    return answer if isinstance(answer, str) else show(answer, 200)


def _state(plan: Plan) -> dict[str, Rows]:
    state: dict[str, Rows] = {role.table.name: {} for role in plan.roles.values() if role.table is not None}
    keys = {role.table.name: role.table.key for role in plan.roles.values() if role.table is not None}
    for group, scopes in plan.start.known.items():
        for scope, slots in scopes.items():
            if group in keys:
                state[group].update(_rows(scope, slots, keys[group]))
    for given in sorted({pick.given for pick in plan.picks.values()}):
        state[given_table(given)] = {key: {**row, "@key": key} for key, row in plan.given[given].items()}
    state[ANSWERS] = dict(sorted(_answers(plan)))
    state[REFUSALS] = _refusals(plan)
    return state | {SITUATION: {}, DOUBTS: {}}


def _rows(scope: str, slots: Mapping[tuple[str, str], Known], key_field: str) -> Rows:
    rows: Rows = {}
    for (key, field), known in slots.items():
        name = f"{scope}/{key}"
        row = rows.setdefault(name, {"@key": name, "@scope": scope, "@made": False, key_field: key})
        row[field] = known.value if known.against is None else {UNSPECIFIED: _disputed(known)}
    return rows


def _disputed(known: Known) -> str:
    against = known.against
    return f"recordings contradict each other: {known.seen.place}, {against.seen.place if against else ''}"


def _answers(plan: Plan) -> list[tuple[str, dict[str, Json]]]:
    found = []
    for tool, role in plan.roles.items():
        for scope, slots in plan.start.known.get(tool, {}).items():
            for known in slots.values():
                found.append(_answer(plan, tool, role.kind == "list", scope, known))
    return found


def _answer(plan: Plan, tool: str, listing: bool, scope: str, known: Known) -> tuple[str, dict[str, Json]]:
    given = known.seen.arguments
    row: dict[str, Json] = {"tool": tool, "scope": scope, "seen": known.seen.place}
    row["disputed"] = None if known.against is None else _disputed(known)
    if listing:
        by = {item.argument for item in plan.filters.get(tool, ())}
        row["exact"] = exact_of(plan, tool, given)
        row["asked"] = {name: value for name, value in given.items() if name in by and value is not None}
        row["keys"] = known.value
    else:
        row["answer"] = known.value
    key = f"{tool} {scope} {all_of(plan, tool, given)}"
    return key, {"@key": key, **row}


def _refusals(plan: Plan) -> Rows:
    """Return the recorded refusals; one is certain where nothing was changed before it, and no such call served."""
    served = {
        all_of(plan, call.tool, call.arguments) + call.tool
        for role in plan.roles.values()
        if role.shape is not None
        for call in (*role.shape.calls, *role.shape.odd)
    }
    rows: Rows = {}
    for call, unchanged in plan.refusals:
        asked = all_of(plan, call.tool, call.arguments)
        key = f"{call.tool} {asked}"
        certain = unchanged and asked + call.tool not in served
        before = rows.get(key)
        at_once = certain and (before is None or before["at_once"] is True)
        rows[key] = {"@key": key, "message": message_of(call.answer), "at_once": at_once, "seen": call.place}
    return rows


def _source(plan: Plan, dialogues: Sequence[Dialogue], findings: Sequence[Finding], inputs: Sequence[str]) -> str:
    calls = sum(len(dialogue.calls) for dialogue in dialogues)
    lines = [
        "# An induced environment",
        "",
        f"Induced by gem-sim from {len(dialogues)} recorded dialogues with {calls} answered calls"
        + (f" ({', '.join(inputs)})." if inputs else "."),
        "No text states these tools: the recordings are all that is known of them, and what they do not determine is",
        "*unspecified*.",
        "",
        "## Tools",
        "",
    ]
    for name in sorted(plan.roles):
        lines.append(f"- {name}: {describe(plan, name)}")
    lines += ["", "## What the recordings contradict", ""]
    lines += [f"- {finding.code}: {finding.message}" for finding in findings] or ["Nothing."]
    return "\n".join(lines) + "\n"


def describe(plan: Plan, tool: str) -> str:
    """Return in one sentence what was made of a tool."""
    role = plan.roles[tool]
    calls = len(role.shape.calls) if role.shape else 0
    parts = [role.kind + (f" of {role.table.name}" if role.table else ""), f"{calls} answers"]
    if role.key_argument:
        parts.append(f"picks by {role.key_argument}")
    parts += [
        f"{item.argument} filters {item.field or 'all texts'} ({item.how})" for item in plan.filters.get(tool, ())
    ]
    if pick := plan.picks.get(tool):
        parts += [f"{item.argument} picks {pick.given} by {item.field} ({item.how})" for item in pick.by_argument]
        parts += [f"the situation's {fact} picks {pick.given} by {field}" for field, fact in pick.by_fact]
    if stray := plan.strays.get(tool):
        parts.append(f"{stray} recorded lists are not what the given state holds")
    sets = plan.sets.get(tool, {})
    parts += [f"sets {f} to {s.argument if s.argument else show(s.value, 40)}" for f, s in sets.items()]
    scope = plan.scope_of(tool) or (plan.scope_of(role.table.name) if role.table else ())
    if scope:
        parts.append(f"depends on {', '.join(scope)}")
    return "; ".join(parts)
