"""What a tool's schema says of one leaf of its arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from gem_sim.canonical import Json, same_json
from gem_sim.environment import Environment
from gem_sim.tool import Tool
from gem_sim.trajectory import Trajectory

_ALTERNATIVES = ("anyOf", "oneOf", "allOf")
_CHOICES = ("const", "minimum", "maximum")
_COMBINING = frozenset((*_ALTERNATIVES, "$ref"))

Schemas = tuple[Mapping[str, Json], ...]


class Declared(NamedTuple):
    """What a schema declares for a value.

    `schemas` are several where the declaration has alternatives, none where nothing is declared; `root` is the whole
    that they refer to. `choices` are the values that they list: in an `enum`, as `const`, or as a bound of a number.
    `injected` says that the program around the agent puts the value in (`x-injected`); `format` is None where none is
    declared.
    """

    root: Mapping[str, Json]
    schemas: Schemas
    choices: tuple[Json, ...]
    defaults: tuple[Json, ...]
    injected: bool
    format: str | None


class Leaf(NamedTuple):
    """A value in the arguments of a call.

    `path` is how a person writes it (`items[0].sku`), `name` the innermost key.
    """

    argument: str
    path: str
    name: str
    value: Json
    declared: Declared


def declared_for(argument: str, name: str, environment: Environment, trajectory: Trajectory) -> Declared:
    """Return what a tool declares for an argument: as the environment has it, else as the trajectory offers it."""
    if name in environment.tools:
        return _known(environment, name, argument)
    tool = next((tool for tool in trajectory.tools if tool.name == name), None)
    return _argument(tool, argument)


@lru_cache(maxsize=1024)
def _known(environment: Environment, name: str, argument: str) -> Declared:
    return _argument(environment.tools[name], argument)


def _argument(tool: Tool | None, argument: str) -> Declared:
    root: Mapping[str, Json] = (tool.parameters if tool is not None else None) or {}
    return _declared(_below((root,), argument, root), root)


def _declared(schemas: Schemas, root: Mapping[str, Json]) -> Declared:
    choices: list[Json] = []
    for schema in schemas:
        values = schema.get("enum")
        choices += values if isinstance(values, list) else ()
        choices += [schema[key] for key in _CHOICES if key in schema]
    return Declared(
        root,
        schemas,
        tuple(choices),
        tuple(schema["default"] for schema in schemas if "default" in schema),
        any(schema.get("x-injected") is True for schema in schemas),
        next((str(schema["format"]) for schema in schemas if "format" in schema), None),
    )


def leaves_of(argument: str, value: Json, declared: Declared) -> Sequence[Leaf]:
    """Return every leaf of an argument in recorded order; an empty list or object is none.

    A key of an object is a leaf of its own where the schema declares no such property.
    """
    if type(value) is dict or type(value) is list:
        return tuple(_nested(argument, argument, argument, value, declared.schemas, declared.root))
    return (Leaf(argument, argument, argument, value, declared),)


def _nested(
    argument: str, path: str, name: str, value: Json, schemas: Schemas, root: Mapping[str, Json]
) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for key, item in value.items():
            if not _declares(schemas, key) and _maps(schemas):
                yield Leaf(argument, f"{path}.{key} (the key)", name, key, _declared((), root))
            yield from _nested(argument, f"{path}.{key}", key, item, _below(schemas, key, root), root)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nested(argument, f"{path}[{index}]", name, item, _below(schemas, index, root), root)
    else:
        yield Leaf(argument, path, name, value, _declared(schemas, root))


def _declares(schemas: Schemas, key: str) -> bool:
    return any(isinstance(schema.get("properties"), dict) and key in schema["properties"] for schema in schemas)  # type: ignore[operator]


def _maps(schemas: Schemas) -> bool:
    """Tell whether an object is declared as a mapping from free keys, not as a record."""
    return any(isinstance(schema.get("additionalProperties"), dict) for schema in schemas)


def _below(schemas: Schemas, key: str | int, root: Mapping[str, Json]) -> Schemas:
    found: list[Mapping[str, Json]] = []
    for schema in schemas:
        below: Json = None
        if isinstance(key, int):
            below = schema.get("items")
        else:
            properties = schema.get("properties")
            below = properties.get(key) if isinstance(properties, dict) else None
            below = schema.get("additionalProperties") if below is None else below
        if isinstance(below, dict):
            found += _alternatives(below, root, 0)
    return tuple(found)


def _alternatives(schema: Mapping[str, Json], root: Mapping[str, Json], depth: int) -> list[Mapping[str, Json]]:
    found = [schema]
    if depth < 8 and not _COMBINING.isdisjoint(schema):
        for keyword in _ALTERNATIVES:
            parts = schema.get(keyword)
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, dict):
                    found += _alternatives(part, root, depth + 1)
        target = _target(schema.get("$ref"), root)
        if target is not None:
            found += _alternatives(target, root, depth + 1)
    return found


def _target(reference: Json, root: Mapping[str, Json]) -> Mapping[str, Json] | None:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    found: Json = dict(root)
    for part in reference[2:].split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def is_free(leaf: Leaf) -> bool:
    """Tell whether a leaf needs no source: the schema lists it, or has the program around the agent put it in."""
    declared = leaf.declared
    return declared.injected or (leaf.value in declared.choices and declared_choice(leaf))


def declared_choice(leaf: Leaf) -> bool:
    """Tell whether the schema lists the value."""
    return _among(leaf.value, leaf.declared.choices)


def is_default(leaf: Leaf) -> bool:
    """Tell whether the value is the schema's default."""
    return _among(leaf.value, leaf.declared.defaults)


def _among(value: Json, declared: tuple[Json, ...]) -> bool:
    return value in declared and any(same_json(value, other) for other in declared)


def strings_of(tool: Tool) -> Iterator[str]:
    """Yield every text of a tool that an agent reads: names apart, the descriptions, examples, choices and bounds."""
    yield tool.description
    pending: list[Json] = [tool.parameters]
    while pending:
        item = pending.pop()
        kind = type(item)
        if kind is dict:
            pending += [child for key, child in item.items() if key not in ("type", "$ref")]  # type: ignore[union-attr]
        elif kind is list:
            pending += item  # type: ignore[arg-type]
        elif item is not None and kind is not bool:
            yield str(item)
