"""A Python function as a Tool: JSON Schema from its signature and type hints, words from its docstring."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from textwrap import dedent
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from gem_sim.canonical import Json, copy_json
from gem_sim.errors import InputError
from gem_sim.tool import Effect, Tool

_SECTION = re.compile(r"(Args|Arguments|Parameters|Returns?|Yields|Raises|Examples?|Notes?|Attributes):\s*$")
_ARGUMENT = re.compile(r"(?P<name>\*{0,2}\w+)\s*(\((?P<type>[^)]*)\))?\s*:\s*(?P<text>.*)")
_SPHINX = re.compile(r":param\s+(?:[\w\[\], .|]+\s)?(?P<name>\w+)\s*:\s*(?P<text>.*)")
# What a docstring calls a type, where the signature has no hint.
_SPOKEN = {
    "str": str, "string": str, "int": int, "integer": int, "float": float, "number": float,
    "bool": bool, "boolean": bool, "list": list, "dict": dict,
}  # fmt: skip


class _Words(NamedTuple):
    """What a docstring says: the text before its sections, argument → (type word or None, text)."""

    summary: str
    arguments: Mapping[str, tuple[str | None, str]]


def tool_of(
    function: Callable[..., object],
    *,
    name: str | None = None,
    effect: Effect | None = None,
    schemas: Mapping[str, dict[str, Json]] | None = None,
) -> Tool:
    """Return the Tool that a function is.

    A parameter whose hint is missing or says nothing to JSON Schema takes any value; one whose default is None
    takes null too. The return hint is left out: what a foreign function promises there is rarely what it does.

    Args:
        function: A function or bound method whose parameters can all be given by name.
        name: The tool's name; None takes the function's own.
        effect: Whether it reads or writes; None where that is not known.
        schemas: Argument → JSON Schema, where a hint is missing or wrong.

    Raises:
        InputError: If it is asynchronous, or a parameter cannot be given by name.
    """
    name = function.__name__ if name is None else name
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise InputError(f"the tool {name!r} is asynchronous", cure="wrap it in a function that waits for it")
    words = _words(inspect.getdoc(function) or "")
    parameters = _parameters(function, name, words, schemas or {})
    return Tool(name=name, description=words.summary, effect=effect, parameters=parameters)


def _parameters(
    function: Callable[..., object], name: str, words: _Words, known: Mapping[str, dict[str, Json]]
) -> dict[str, Json]:
    hints = _hints(function)
    properties: dict[str, Json] = {}
    definitions: dict[str, Json] = {}
    required: list[Json] = []
    open_ended = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.POSITIONAL_ONLY:
            message = f"the argument {parameter.name!r} of {name!r} cannot be given by name"
            raise InputError(message, cure="wrap it in a function without `/`")
        if parameter.kind is parameter.VAR_KEYWORD:
            open_ended = True
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            spoken, text = words.arguments.get(parameter.name, (None, ""))
            hint = hints.get(parameter.name, _SPOKEN.get((spoken or "").lower(), Any))
            schema, more = (known[parameter.name], {}) if parameter.name in known else _schema_of(hint)
            definitions.update(more)
            properties[parameter.name] = _described(schema, parameter, text)
            if parameter.default is parameter.empty:
                required.append(parameter.name)
    whole: dict[str, Json] = {"type": "object", "properties": properties, "required": required}
    whole["additionalProperties"] = open_ended
    return {**whole, "$defs": definitions} if definitions else whole


def _hints(function: Callable[..., object]) -> Mapping[str, object]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError):
        return {}


def _schema_of(hint: Any) -> tuple[dict[str, Json], dict[str, Json]]:
    """Return the JSON Schema of a type and the definitions it refers to; the empty schema where it has none."""
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        schemas, shared = TypeAdapter.json_schemas([("it", "validation", adapter)])
    except (PydanticSchemaGenerationError, PydanticUserError, NameError, TypeError):
        return {}, {}
    return dict(schemas["it", "validation"]), dict(shared.get("$defs", {}))


def _described(schema: dict[str, Json], parameter: inspect.Parameter, text: str) -> dict[str, Json]:
    """Return the schema of one parameter with its default and what the docstring says of it."""
    default = parameter.default
    if default is None and schema and not _takes_null(schema):
        schema = {"anyOf": [schema, {"type": "null"}]}
    if text:
        schema = {**schema, "description": text}
    if default is parameter.empty:
        return schema
    try:
        return {**schema, "default": copy_json(default)}
    except ValueError:
        return schema


def _takes_null(schema: Mapping[str, Json]) -> bool:
    choices = schema.get("anyOf")
    return schema.get("type") == "null" or (isinstance(choices, list) and {"type": "null"} in choices)


def _words(docstring: str) -> _Words:
    lines = docstring.splitlines()
    start = next((n for n, line in enumerate(lines) if _SECTION.match(line) or _SPHINX.match(line)), len(lines))
    summary = "\n".join(lines[:start]).strip()
    return _Words(summary, dict(_google(lines[start:])) | dict(_sphinx(lines[start:])))


def _google(lines: list[str]) -> Iterator[tuple[str, tuple[str | None, str]]]:
    """Yield the arguments of a section `Args:`; lines further in continue the one before."""
    start = next((n for n, line in enumerate(lines) if re.match(r"(Args|Arguments|Parameters):\s*$", line)), None)
    if start is None:
        return
    section: list[str] = []
    for line in lines[start + 1 :]:
        if line.strip() and not line[0].isspace():
            break
        section.append(line)
    items: list[list[str]] = []
    for line in dedent("\n".join(section)).splitlines():
        if line and not line[0].isspace():
            items.append([line])
        elif items and line.strip():
            items[-1].append(line.strip())
    for item in items:
        match = _ARGUMENT.match(" ".join(item))
        if match is not None:
            kind = match["type"]
            yield match["name"].lstrip("*"), (kind and kind.split(",")[0].strip(), match["text"].strip())


def _sphinx(lines: list[str]) -> Iterator[tuple[str, tuple[str | None, str]]]:
    for line in lines:
        match = _SPHINX.match(line.strip())
        if match is not None:
            yield match["name"], (None, match["text"].strip())
