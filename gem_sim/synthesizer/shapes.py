"""JSON Schemas in few words: `{"id": "string", "due?": "string:date", "tags": ["string"]}`, and back.

An object stands for one whose properties are all required, those ending in `?` excepted, with no others allowed; a list
of one for an array; `integer?` for an integer or null. What cannot be said so stands as it is under `$`.
"""

from __future__ import annotations

import re
from typing import cast

from gem_sim.canonical import Json

_TYPES = "string|integer|number|boolean|object|array|null"
_WORD = re.compile(rf"(?P<type>{_TYPES})(?::(?P<format>[a-z-]+))?(?P<null>\?)?\Z")


def shaped(schema: Json) -> Json:
    """Return a schema in few words; `schema_of` gives it back exactly."""
    short = _shaped(schema)
    return short if short is not None and _restored(short) == schema else {"$": schema}


def schema_of(shape: Json) -> Json:
    """Return the schema that a shape stands for.

    Raises:
        ValueError: If it is no shape.
    """
    schema = _restored(shape)
    if schema is None:
        raise ValueError(f"no shape: {shape!r}")
    return schema


def _shaped(schema: Json) -> Json:
    if not isinstance(schema, dict):
        return None
    options = schema.get("anyOf")
    if isinstance(options, list) and len(options) == 2 and options[1] == {"type": "null"}:
        inner = _shaped(options[0])
        return f"{inner}?" if isinstance(inner, str) else None
    if schema.get("type") == "array" and "items" in schema:
        return [shaped(schema["items"])]
    properties = schema.get("properties")
    if schema.get("type") == "object" and isinstance(properties, dict):
        required = schema.get("required")
        needed = required if isinstance(required, list) else []
        return {name if name in needed else f"{name}?": shaped(inner) for name, inner in properties.items()}
    known = schema.get("type")
    if not isinstance(known, str):
        return None
    return f"{known}:{schema['format']}" if "format" in schema else known


def _restored(shape: Json) -> Json:
    if isinstance(shape, str):
        return _of_word(shape)
    if isinstance(shape, list):
        items = _restored(shape[0]) if len(shape) == 1 else None
        return None if items is None else {"type": "array", "items": items}
    if not isinstance(shape, dict):
        return None
    if shape.keys() == {"$"}:
        return shape["$"]
    properties: dict[str, Json] = {}
    required: list[Json] = []
    for name, inner in shape.items():
        bare = name.removesuffix("?")
        schema = _restored(inner)
        if schema is None or bare in properties or bare.endswith("?"):
            return None
        properties[bare] = schema
        if bare == name:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _of_word(word: str) -> Json:
    found = _WORD.match(word)
    if found is None:
        return None
    schema: dict[str, Json] = {"type": found["type"]}
    if found["format"]:
        schema["format"] = found["format"]
    return schema if found["null"] is None else cast(Json, {"anyOf": [schema, {"type": "null"}]})
