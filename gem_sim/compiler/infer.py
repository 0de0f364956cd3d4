"""Bodies for tools that come without one, from name, schema and entities.

Only what these determine is written; every other field of the result is *unspecified*, so that a recorded value
there is never passed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Entity
from gem_sim.tool import Tool

_VERBS = {
    "create": ("create", "add", "new", "register", "insert", "make", "open", "book", "reserve", "schedule", "post"),
    "get": ("get", "read", "show", "fetch", "retrieve", "view", "lookup", "describe", "check"),
    "list": ("list", "all"),
    "search": ("search", "find", "query", "filter"),
    "update": ("update", "modify", "edit", "change", "set", "rename"),
    "delete": ("delete", "remove", "cancel", "drop"),
}
_WRITES = ("create", "update", "delete")


class _Shape(NamedTuple):
    """What an inferred body is about.

    `kind` of access, table, its entity, the parameter that is the key (None: none is), and argument → parameter.
    """

    kind: str
    table: str
    entity: Entity
    key: str | None
    names: Mapping[str, str]


def infer_body(tool: Tool, entities: Mapping[str, Entity], names: Mapping[str, str]) -> tuple[str, ...]:
    """Return lines in the dialect for a tool without a body; `names` maps arguments to parameters.

    Where name, schema and entities do not say what it does, the whole result is unspecified.
    """
    shape = _shape(tool, entities, names)
    if shape is None:
        return (f"return unspecified({f'nothing says what {tool.name} answers'!r})",)
    return tuple(_BODIES[shape.kind](tool, shape))


def inferred_effect(tool: Tool, entities: Mapping[str, Entity]) -> str | None:
    """Return `read` or `write` where the name says it, None where it does not."""
    shape = _shape(tool, entities, {})
    if shape is None:
        return None
    return "write" if shape.kind in _WRITES else "read"


def _shape(tool: Tool, entities: Mapping[str, Entity], names: Mapping[str, str]) -> _Shape | None:
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", tool.name)]
    kind = next((kind for kind, verbs in _VERBS.items() if words and words[0] in verbs), None)
    table = next((table for table in entities if _names(table) & {"_".join(words[1:]), *words[1:]}), None)
    if kind is None or table is None:
        return None
    entity = entities[table]
    arguments = _properties(tool.parameters)
    candidates = (entity.key, "id", f"{_singular(table)}_id")
    key = next((name for name in candidates if name in arguments), None)
    if kind == "get" and key is None:
        kind = "search" if arguments else "list"
    if kind in ("update", "delete") and key is None:
        return None
    return _Shape(kind, table, entity, names.get(key, key) if key else None, names)


def _names(table: str) -> set[str]:
    return {table.lower(), _singular(table.lower())}


def _singular(table: str) -> str:
    if table.endswith("ies"):
        return f"{table[:-3]}y"
    return table[:-1] if table.endswith("s") and not table.endswith("ss") else table


def _properties(schema: Mapping[str, Json] | None) -> dict[str, Json]:
    properties = (schema or {}).get("properties")
    return properties if isinstance(properties, dict) else {}


def _fetch(shape: _Shape) -> list[str]:
    missing = f"No such {_singular(shape.table)}."
    return [f"row = state.{shape.table}.get({shape.key})", f"require(row is not None, {missing!r})"]


def _get(tool: Tool, shape: _Shape) -> list[str]:
    return [*_fetch(shape), *_return_row(tool, shape)]


def _list(tool: Tool, shape: _Shape) -> list[str]:
    return [f"rows = list(state.{shape.table}.values())", *_return_rows(tool, shape)]


def _search(tool: Tool, shape: _Shape) -> list[str]:
    fields = _properties(shape.entity.row)
    lines = [f"rows = list(state.{shape.table}.values())"]
    for argument in _properties(tool.parameters):
        schema = fields.get(argument)
        if schema is None:
            continue
        given = shape.names.get(argument, argument)
        test = f"row.get({argument!r}) == {given}"
        if isinstance(schema, dict) and schema.get("type") == "string" and "enum" not in schema:
            test = f"{given}.lower() in str(row.get({argument!r}, '')).lower()"
        lines += [f"if {given} is not None:", f"    rows = [row for row in rows if {test}]"]
    return [*lines, *_return_rows(tool, shape)]


def _create(tool: Tool, shape: _Shape) -> list[str]:
    arguments = _properties(tool.parameters)
    key = shape.key or f"new_id({shape.table!r})"
    lines = [f"key = {key}"]
    if shape.key:
        lines.append(f"require(key not in state.{shape.table}, {f'This {_singular(shape.table)} exists already.'!r})")
    lines.append(f"row = {{{shape.entity.key!r}: key}}")
    for field, schema in _properties(shape.entity.row).items():
        if field == shape.entity.key:
            continue
        if field in arguments:
            lines += _take(shape, field)
        elif isinstance(schema, dict) and "default" in schema:
            lines.append(f"row[{field!r}] = {schema['default']!r}")
        else:
            lines.append(f"row[{field!r}] = unspecified({f'nothing says the {field} of a new row'!r})")
    return [*lines, f"state.{shape.table}[key] = row", *_return_row(tool, shape)]


def _update(tool: Tool, shape: _Shape) -> list[str]:
    fields = _properties(shape.entity.row)
    lines = _fetch(shape)
    for argument in _properties(tool.parameters):
        if shape.names.get(argument, argument) != shape.key and argument in fields:
            lines += _take(shape, argument)
    return [*lines, *_return_row(tool, shape)]


def _take(shape: _Shape, field: str) -> list[str]:
    given = shape.names.get(field, field)
    return [f"if {given} is not None:", f"    row[{field!r}] = {given}"]


def _delete(tool: Tool, shape: _Shape) -> list[str]:
    return [*_fetch(shape), f"del state.{shape.table}[{shape.key}]", *_return_row(tool, shape)]


def _return_row(tool: Tool, shape: _Shape) -> list[str]:
    """Return the row, or those of its fields that `returns` declares; fields it lacks are unspecified."""
    declared = _properties(tool.returns)
    fields = {shape.entity.key, *_properties(shape.entity.row)}
    if not declared or set(declared) >= fields == set(declared):
        return ["return row"]
    reason = "no entity has this field"
    parts = [
        f"{name!r}: row.get({name!r})" if name in fields else f"{name!r}: unspecified({reason!r})" for name in declared
    ]
    return [f"return {{{', '.join(parts)}}}"]


def _return_rows(tool: Tool, shape: _Shape) -> list[str]:
    """Return the rows as a list, or under the one array field that `returns` declares."""
    declared = _properties(tool.returns)
    arrays = [name for name, schema in declared.items() if isinstance(schema, dict) and schema.get("type") == "array"]
    if len(arrays) != 1:
        return ["return rows"] if not declared else [f"return {{{shape.table!r}: rows}}"]
    reason = "no rule says it"
    parts = [f"{name!r}: {'rows' if name == arrays[0] else f'unspecified({reason!r})'}" for name in declared]
    return [f"return {{{', '.join(parts)}}}"]


_BODIES = {
    "create": _create,
    "get": _get,
    "list": _list,
    "search": _search,
    "update": _update,
    "delete": _delete,
}
