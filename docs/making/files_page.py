"""The page that lists the fields of the files, from their JSON Schemas."""

from __future__ import annotations

import json
from typing import Any

from gem_sim.simulator.schemas import file_schemas

_FILES = {
    "environment": "`environment.json`: tools, entities, constants, rules and workflows.",
    "state": "`state.json`: the rows at the start.",
    "task": "`tasks.jsonl`: one task a line.",
    "verdict": "Verdicts, as `gem-sim verify --json` and `--out` write them, one a line.",
}

# Object → field → what it is; a field that is missing here stops the build.
_FIELDS: dict[str, dict[str, str]] = {
    "environment": {
        "name": "The environment's name, which its folder has too.",
        "title": "A line for people.",
        "origin": "Where the text comes from.",
        "licence": "The licence of the text.",
        "clock": "Where the session's clock starts.",
        "policy": "What an agent is told, a sentence each.",
        "entities": "Table → what its rows are.",
        "constants": "Name → figure; bodies use it by that name.",
        "rules": "Id → rule; a body refuses by `require(condition, 'R1')`.",
        "tools": "What an agent can call.",
        "workflow": "Which steps there are, and what comes before what.",
    },
    "Constant": {"value": "The figure.", "unit": "Its unit.", "quote": "The words of `source.md` that state it."},
    "Entity": {"key": "The field that names a row.", "row": "JSON Schema of a row."},
    "Rule": {"text": "The rule in a sentence.", "kind": "What kind it is.", "quote": "The words of `source.md`."},
    "Step": {
        "id": "The step's name.",
        "tool": "The tool it uses.",
        "after": "Steps before it; a list among them: one of these is enough.",
        "takes": "Argument → the result it comes from, as `step.path`.",
        "per": "The arguments that say what it is about.",
        "when": "The condition under which it applies.",
        "once": "At most one success for what it is about.",
        "at_most": "At most so many.",
        "rule": "The rule that says so.",
    },
    "ToolFile": {
        "name": "The tool's name.",
        "description": "What an agent reads about it.",
        "effect": "Whether it changes the state.",
        "parameters": "JSON Schema of its arguments.",
        "inputSchema": "The same under MCP's name.",
        "returns": "JSON Schema of its result.",
        "reads": "Tables it looks into.",
        "writes": "Tables it changes.",
        "body": "Lines of [the dialect](../dialect.md); none: inferred from name, schema and entities.",
    },
    "Workflow": {"id": "The workflow's name.", "title": "A line for people.", "steps": "Its steps."},
    "task": {
        "id": "The task's name.",
        "instruction": "What the user wants.",
        "state": "Rows that replace those of `state.json`; null removes one.",
        "clock": "Where the clock starts instead.",
        "expect": "What must hold at the end.",
        "end": "Every row that must differ at the end; null: gone.",
    },
    "Expectation": {
        "table": "The table looked into.",
        "where": "Fields that its rows must have.",
        "count": "How many such rows; none given: at least one.",
        "tool": "Or: the tool that must have succeeded.",
        "arguments": "Arguments of that call.",
    },
    "verdict": {
        "id": "The trajectory's id.",
        "verdict": "[What it means](../verdicts.md).",
        "calls": "How many calls were replayed.",
        "state_digest": "Digest of the state at the end.",
        "findings": "What was found.",
        "sources": "With `--explain`: where each value of each call comes from.",
    },
    "Finding": {
        "code": "[The finding code](../findings.md).",
        "severity": "Only an error fails, only *undecided* leaves open.",
        "turn": "The turn, from 1.",
        "call": "The call, from 1 over the whole trajectory.",
        "tool": "The tool called.",
        "argument": "The argument at fault.",
        "path": "The place in a result.",
        "message": "One line for a person.",
        "evidence": "The same for a program.",
    },
}


def files_page() -> str:
    """Return the page."""
    parts = [
        "# Files\n\nWhat stands in the files of an environment and in verdicts. `gem-sim schemas` prints the same as\n"
        "JSON Schemas. A file with a field that is not listed is refused.\n"
    ]
    for name, schema in file_schemas().items():
        parts.append(f"## {name}\n\n{_FILES[name]} [JSON Schema](../schemas/{name}.schema.json).\n")
        parts.append(_object(name, schema))
        for inner, definition in sorted(schema.get("$defs", {}).items()):
            if definition.get("properties"):
                parts.append(f"### {name}: {inner}\n\n{_object(inner, definition)}")
    return "\n".join(parts)


def _object(name: str, schema: dict[str, Any]) -> str:
    """Return the description of an object and a table of its fields."""
    told = (schema.get("description") or schema.get("title") or "").replace("\n", " ").replace("  ", "\n\n")
    required = schema.get("required", [])
    rows = [
        f"| `{field}` | {_kind(about)} | {_need(field, about, required)} | {_cell(_FIELDS[name][field])} |"
        for field, about in schema.get("properties", {}).items()
    ]
    head = ["| field | type | | what it is |", "|---|---|---|---|"] if rows else []
    return "\n".join([told, "", *head, *rows, ""])


def _need(field: str, about: dict[str, Any], required: list[str]) -> str:
    if field in required:
        return "required"
    default = about.get("default")
    shown = isinstance(default, str | bool | int | float) and default != ""
    return f"default `{json.dumps(default)}`" if shown else "optional"


def _kind(about: dict[str, Any]) -> str:
    """Return the type in words: `text`, `list of Step`, `name → Rule`, …"""
    if "$ref" in about:
        name = about["$ref"].rsplit("/", 1)[-1]
        return "any JSON" if name == "JsonValue" else name
    if "enum" in about:
        return " or ".join(f"`{value}`" for value in about["enum"])
    if "anyOf" in about:
        return " or ".join(dict.fromkeys(_kind(one) for one in about["anyOf"]))
    kind = about.get("type")
    if isinstance(kind, list):
        return " or ".join(_kind({**about, "type": one}) for one in kind)
    if kind == "array":
        return f"list of {_kind(about.get('items', {}))}"
    if kind == "object":
        values = about.get("additionalProperties")
        return f"name → {_kind(values)}" if isinstance(values, dict) else "object"
    words = {"string": "text", "integer": "integer", "number": "number", "boolean": "true or false", "null": "null"}
    return words.get(str(kind), "any JSON")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
