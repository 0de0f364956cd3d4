"""The definitions of tools: as declared where recordings keep to them, inferred from calls where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.induce.recorded import Seen
from gem_sim.simulator.schema import is_valid, schema_problem
from gem_sim.tool import Tool
from gem_sim.verdict import Finding

_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


class Declared(NamedTuple):
    """A tool with parameters that every successful recorded call keeps to, and where the declared ones did not."""

    tool: Tool
    findings: tuple[Finding, ...]


def declare(name: str, offered: Sequence[Tool], calls: Sequence[Seen]) -> Declared:
    """Return the tool's definition; without one, its parameters are inferred from the calls."""
    served = [call for call in calls if not call.refused]
    if not offered or offered[0].parameters is None or schema_problem(offered[0].parameters) is not None:
        description = offered[0].description if offered else ""
        return Declared(Tool(name=name, description=description, parameters=_inferred(calls)), ())
    schema = dict(offered[0].parameters)
    properties: dict[str, Json] = dict(_mapping(schema.get("properties")))
    findings = []
    for argument in sorted({argument for call in calls for argument in call.arguments}):
        given = [call for call in calls if argument in call.arguments]
        values = [call.arguments[argument] for call in given]
        if argument not in properties:
            findings.append(_departs("induce.undeclared_argument", name, argument, given, "declares no argument"))
            properties[argument] = _schema_of(values)
            continue
        declared = properties[argument]
        broken = [c for c in served if argument in c.arguments and not _fits(declared, c.arguments[argument])]
        if broken:
            findings.append(_departs("induce.argument", name, argument, broken, "declares another schema for"))
            properties[argument] = {**_schema_of(values), **_description(declared)}
    required = [item for item in _names(schema.get("required")) if all(item in call.arguments for call in served)]
    # An argument left out stays left out: recordings, not the declaration, say what comes of that.
    bare = {name: _without_default(below) for name, below in properties.items()}
    schema.update(type="object", properties=bare, required=list(required))
    schema.pop("additionalProperties", None)
    return Declared(Tool(name=name, description=offered[0].description, parameters=schema), tuple(findings))


def _departs(code: str, tool: str, argument: str, calls: Sequence[Seen], what: str) -> Finding:
    first = calls[0]
    return Finding(
        code=code,
        severity="warning",
        call=first.number,
        tool=tool,
        argument=argument,
        message=f"{tool!r} {what} {argument!r}, and {len(calls)} recorded calls give it all the same",
        evidence={"calls": len(calls), "trajectory": first.dialogue, "value": first.arguments[argument]},
    )


def _inferred(calls: Sequence[Seen]) -> dict[str, Json]:
    names = sorted({argument for call in calls for argument in call.arguments})
    served = [call for call in calls if not call.refused]
    properties: dict[str, Json] = {
        name: _schema_of([call.arguments[name] for call in calls if name in call.arguments]) for name in names
    }
    required: list[Json] = [name for name in names if served and all(name in call.arguments for call in served)]
    return {"type": "object", "properties": properties, "required": required}


def _schema_of(values: Sequence[Json]) -> dict[str, Json]:
    types = sorted({_TYPES.get(type(value), "null") for value in values})
    if types == ["integer", "number"]:
        types = ["number"]
    return {"type": types[0]} if len(types) == 1 else {"type": list(types)}


def _fits(schema: Json, value: Json) -> bool:
    return not isinstance(schema, dict) or is_valid(schema, value)


def _without_default(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key != "default"} if isinstance(schema, dict) else schema


def _description(schema: Json) -> dict[str, Json]:
    return {"description": schema["description"]} if isinstance(schema, dict) and "description" in schema else {}


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _names(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
