"""JSON Schema (draft 2020-12): validators compiled once, complaints as one line with a place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import jsonschema_rs

from gem_sim.canonical import Json, canonical_bytes
from gem_sim.tool import is_unspecified


class Complaint(NamedTuple):
    """What breaks a schema: JSON path (`$.items[0]`), the rule in a sentence, the schema keyword."""

    path: str
    message: str
    keyword: str


def complaints(schema: Mapping[str, Json], value: Json) -> Iterator[Complaint]:
    """Yield everything in `value` that breaks the schema; unspecified parts break nothing."""
    try:
        errors = list(validator(schema).iter_errors(value))
    except UnicodeEncodeError:
        value = _encodable(value)
        errors = list(validator(schema).iter_errors(value))
    for error in errors:
        if not _within_unspecified(value, error.instance_path):
            keyword = str(error.schema_path[-1]) if error.schema_path else ""
            yield Complaint(json_path(error.instance_path), error.message, keyword)


def is_valid(schema: Mapping[str, Json], value: Json) -> bool:
    """Tell whether `value` fits the schema, unspecified parts apart."""
    return fits(validator(schema), value) or next(complaints(schema, value), None) is None


def fits(compiled: jsonschema_rs.Draft202012Validator, value: Json) -> bool:
    """Tell whether `value` fits a compiled schema."""
    try:
        return compiled.is_valid(value)
    except UnicodeEncodeError:
        return compiled.is_valid(_encodable(value))


def _encodable(value: Json) -> Json:
    """Return a value with a question mark for each half of a surrogate pair that stands alone: UTF-8 has none."""
    copied: Json = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return copied


def schema_problem(schema: Mapping[str, Json] | None, value: Json = ...) -> str | None:  # type: ignore[assignment]
    """Return what is wrong with a schema, or with a value under it where one is given; None if nothing is."""
    if schema is None:
        return None
    try:
        validator(schema)
    except ValueError as error:
        return str(error).splitlines()[0]
    if value is ...:  # type: ignore[comparison-overlap]
        return None
    first = next(complaints(schema, value), None)
    return None if first is None else f"{first.path}: {first.message}"


def validator(schema: Mapping[str, Json]) -> jsonschema_rs.Draft202012Validator:
    """Return the compiled validator of a schema, made once per schema.

    Raises:
        ValueError: If the schema itself is invalid or refers to something outside itself.
    """
    known = _BY_IDENTITY.get(id(schema))
    if known is not None and known[0] is schema:
        return known[1]
    compiled = _compiled(canonical_bytes(schema).decode())
    if len(_BY_IDENTITY) >= _MOST:
        _BY_IDENTITY.clear()
    _BY_IDENTITY[id(schema)] = (schema, compiled)
    return compiled


def all_compiled(schemas: Iterable[Mapping[str, Json] | None]) -> bool:
    """Tell at once whether each schema was compiled before; False may only mean a closer look is needed."""
    return _BY_IDENTITY.keys() >= set(map(id, filter(None, schemas)))


_MOST = 4096
# The schemas of an environment are asked for at every call; holding the schema keeps its id from being used again.
_BY_IDENTITY: dict[int, tuple[Mapping[str, Json], jsonschema_rs.Draft202012Validator]] = {}


@lru_cache(maxsize=4096)
def _compiled(schema: str) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=False, retriever=_refuse)
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"{json_path(error.instance_path)}: {error.message}") from None
    except jsonschema_rs.ReferencingError as error:
        raise ValueError(str(error)) from None


def _refuse(uri: str) -> Json:
    raise ValueError(f"{uri} lies outside the schema, and nothing is fetched")


def json_path(parts: object) -> str:
    """Return a path of keys and indexes as `$.items[0].name`."""
    path = "$"
    for part in parts:  # type: ignore[attr-defined]
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path


def _within_unspecified(value: Json, path: object) -> bool:
    for part in path:  # type: ignore[attr-defined]
        if is_unspecified(value):
            return True
        value = value[part]  # type: ignore[index]
    return is_unspecified(value)
