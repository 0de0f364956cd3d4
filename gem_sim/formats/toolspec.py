"""Lists of tools, as OpenAI, Anthropic, MCP and data sets on hubs spell them."""

from __future__ import annotations

from pydantic import JsonValue

from gem_sim.canonical import parse_json
from gem_sim.errors import FormatError
from gem_sim.formats.rows import JsonObject, kind_of
from gem_sim.tool import Tool

_SCHEMA_KEYS = ("parameters", "inputSchema", "input_schema")


def read_tools(value: JsonValue) -> tuple[Tool, ...]:
    """Read a list of tools: wrapped (`{"type": "function", "function": {...}}`) or bare, or JSON text of it.

    The schema of the arguments may stand under `parameters`, `inputSchema` or `input_schema`; keys without a
    place in Tool go to its `extra`. None and blank text are no tools.

    Raises:
        FormatError: If it is no such list; names the tool.
    """
    value = _unpacked(value, "tools")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise FormatError(f"`tools` is {kind_of(value)}, not a list", cure="list the tools")
    return tuple(_read_tool(item, f"tools[{index}]") for index, item in enumerate(value))


def write_tool(tool: Tool) -> JsonObject:
    """Return a bare definition of a tool, schema under `parameters`, with the keys that are set."""
    spec: JsonObject = {"name": tool.name, "description": tool.description}
    for key in ("parameters", "returns", "effect"):
        if (value := getattr(tool, key)) is not None:
            spec[key] = value
    for key in ("reads", "writes", "body"):
        if (value := getattr(tool, key)) is not None:
            spec[key] = list(value)
    return spec | {key: value for key, value in tool.extra.items() if key not in spec}


def _unpacked(value: JsonValue, where: str) -> JsonValue:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return parse_json(value)
    except ValueError as error:
        raise FormatError(f"`{where}` is text that is not JSON: {error}", cure="write it as a list") from None


def _read_tool(value: JsonValue, where: str) -> Tool:
    value = _unpacked(value, where)
    if not isinstance(value, dict):
        raise FormatError(f"`{where}` is {kind_of(value)}, not an object", cure="describe the tool by an object")
    spec = dict(value)
    inner = spec.pop("function", None)
    if isinstance(inner, dict):
        spec = inner | {key: item for key, item in spec.items() if key not in inner}
    elif inner is not None:
        raise FormatError(f"`{where}.function` is {kind_of(inner)}, not an object")
    if spec.get("type") in ("function", None):
        spec.pop("type", None)
    name = spec.pop("name", None)
    if not isinstance(name, str):
        raise FormatError(f"`{where}` has no name", cure="give it a `name`")
    description = spec.pop("description", None)
    if not isinstance(description, str | None):
        raise FormatError(f"the description of tool {name!r} is {kind_of(description)}, not a string")
    parameters = _pop_schema(spec, name)
    return Tool(name=name, description=description or "", parameters=parameters, **_pop_own(spec), extra=spec)


def _pop_schema(spec: JsonObject, name: str) -> JsonObject | None:
    for key in _SCHEMA_KEYS:
        value = _unpacked(spec.get(key), key)
        if isinstance(value, dict):
            del spec[key]
            return value
        if value is not None:
            raise FormatError(
                f"the `{key}` of tool {name!r} are {kind_of(value)}, not a JSON Schema",
                cure="write an object",
            )
        spec.pop(key, None)
    return None


def _pop_own(spec: JsonObject) -> JsonObject:
    """Take out the keys of this project's own tools where their values fit; elsewhere they mean something else."""
    own: JsonObject = {}
    if isinstance(spec.get("returns"), dict):
        own["returns"] = spec.pop("returns")
    if spec.get("effect") in ("read", "write"):
        own["effect"] = spec.pop("effect")
    for key in ("reads", "writes", "body"):
        value = spec.get(key)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            own[key] = spec.pop(key)
    return own
