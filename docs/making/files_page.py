"""The page that lists the fields of the files, from their JSON Schemas."""

from __future__ import annotations

from typing import Any

from gem_sim.simulator.schemas import file_schemas

_FILES = {
    "environment": "`environment.json`: tools, entities, constants, rules and workflows.",
    "state": "`state.json`: the rows at the start.",
    "task": "`tasks.jsonl`: one task a line.",
    "verdict": "Verdicts, as `gem-sim verify --json` and `--out` write them, one a line.",
}


def files_page() -> str:
    """Return the page."""
    parts = [
        "# Files\n\nWhat stands in the files of an environment and in verdicts. `gem-sim schemas` prints the same as JSON\n"
        "Schemas. A field that is not listed is refused by name.\n"
    ]
    for name, schema in file_schemas().items():
        parts.append(f"## {name}\n\n{_FILES[name]} [JSON Schema](../schemas/{name}.schema.json).\n")
        parts.append(_object(schema))
        for inner, definition in sorted(schema.get("$defs", {}).items()):
            if definition.get("properties"):
                parts.append(f"### {name}: {inner}\n\n{_object(definition)}")
    return "\n".join(parts)


def _object(schema: dict[str, Any]) -> str:
    """Return the description of an object and a table of its fields."""
    told = (schema.get("description") or schema.get("title") or "").replace("\n", " ").replace("  ", "\n\n")
    required = schema.get("required", [])
    rows = [
        f"| `{field}` | {_kind(about)} | {_need(field, about, required)} | {_cell(about.get('description', ''))} |"
        for field, about in schema.get("properties", {}).items()
    ]
    head = ["| field | type | | what it is |", "|---|---|---|---|"] if rows else []
    return "\n".join([told, "", *head, *rows, ""])


def _need(field: str, about: dict[str, Any], required: list[str]) -> str:
    if field in required:
        return "required"
    default = about.get("default")
    return f"default `{default}`" if isinstance(default, str | bool | int | float) and default != "" else "optional"


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
