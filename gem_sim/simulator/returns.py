"""What a JSON Schema says that values of it hold: the paths to its leaves, and paths that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gem_sim.canonical import Json

_DEEPEST = 8


class Leaf(NamedTuple):
    """A place in values of a schema: `books[].book_id` (`[]`: each item, or each value of a mapping).

    `name` is the last field of the path, `types` the JSON types declared there (empty: any), `closed` whether only
    listed values may stand there (an enum, a boolean).
    """

    path: str
    name: str
    types: frozenset[str]
    closed: bool


def leaves(schema: Mapping[str, Json] | None) -> tuple[Leaf, ...]:
    """Return the leaves that a schema declares, in its order; none where it declares no fields."""
    if schema is None:
        return ()
    found = {leaf.path: leaf for leaf in _leaves(dict(schema), schema, "", "", 0)}
    return tuple(found.values())


def _leaves(schema: Json, whole: Mapping[str, Json], path: str, name: str, depth: int) -> Iterator[Leaf]:
    if depth > _DEEPEST:
        return
    branches = _branches(schema, whole)
    inner = [(field, child) for branch in branches for field, child in _children(branch)]
    for field, child in inner:
        longer = f"{path}[]" if field == "[]" else f"{path}.{field}".removeprefix(".")
        yield from _leaves(child, whole, longer, name if field == "[]" else field, depth + 1)
    if not inner and path:
        types = frozenset(kind for branch in branches for kind in _types(branch))
        closed = bool(branches) and all("enum" in b or "const" in b or _types(b) == ["boolean"] for b in branches)
        yield Leaf(path, name, types, closed)


def _branches(schema: Json, whole: Mapping[str, Json], depth: int = 0) -> list[Mapping[str, Json]]:
    """Return the schemas that a value may have to fit, references followed; null apart from others is no branch."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return []
    branches: list[Mapping[str, Json]] = [schema]
    reference = schema.get("$ref")
    if isinstance(reference, str):
        branches += _branches(_referred(whole, reference), whole, depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        options = schema.get(key)
        for option in options if isinstance(options, list) else ():
            branches += _branches(option, whole, depth + 1)
    telling = [branch for branch in branches if _types(branch) != ["null"] and branch.keys() - {"$ref", "description"}]
    return [branch for branch in telling if not branch.keys() & {"anyOf", "oneOf", "allOf"} or list(_children(branch))]


def _referred(whole: Mapping[str, Json], reference: str) -> Json:
    value: Json = dict(whole)
    for part in reference.removeprefix("#").strip("/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value


def _children(schema: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    properties = schema.get("properties")
    if isinstance(properties, dict):
        yield from properties.items()
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield "[]", schema[key]


def _types(schema: Mapping[str, Json]) -> list[str]:
    declared = schema.get("type")
    if isinstance(declared, str):
        return [declared]
    return [kind for kind in declared if isinstance(kind, str)] if isinstance(declared, list) else []


def cannot_reach(schema: Mapping[str, Json] | None, path: str) -> str | None:
    """Return why no value of a schema has anything at a path (`have no field 'id'`), None where one may.

    Where fields are declared, those that are not declared are taken to be absent.
    """
    if schema is None:
        return None
    here = _branches(dict(schema), schema)
    for part in re.findall(r"\[\]|[^.\[\]]+", path):
        reached: list[Mapping[str, Json]] = []
        for branch in here:
            within = _within(branch, part, schema)
            if within is None:
                return None
            reached += within
        if here and not reached:
            return "are no list" if part == "[]" else f"have no field {part!r}"
        here = reached
    return None


def _within(schema: Mapping[str, Json], part: str, whole: Mapping[str, Json]) -> list[Mapping[str, Json]] | None:
    """Return the schemas of what stands at one part of a path, empty where nothing does, None where anything may."""
    children = dict(_children(schema))
    if part in children:
        return _branches(children[part], whole) or None
    kinds = set(_types(schema))
    if part == "[]" and children:
        return [branch for child in children.values() for branch in _branches(child, whole)]
    if "[]" in children and "array" not in kinds:
        return _branches(children["[]"], whole) or None
    open_kinds = {"object", "array"} if part == "[]" else {"object"}
    return None if not children and (not kinds or kinds & open_kinds) else []
