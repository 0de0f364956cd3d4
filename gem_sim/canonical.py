"""JSON values: strict copies, canonical bytes, digests."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH = 64
# An integer literal beyond this many digits is refused by Python's own parser, so it cannot be written back.
MAX_INT_BITS = 4096
# Below 2**53 every integer has an exact float, so 54.0 and 54 are the same number.
_EXACT = 2.0**53


class Frozen(BaseModel):
    """Base of the nouns: a value that cannot be changed and refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def copy_json(value: object, depth: int = 0) -> Json:
    """Return a deep copy of a JSON value that shares nothing with it; tuples become lists.

    Raises:
        ValueError: For anything JSON cannot say: other types, NaN and infinities, keys that are not strings,
            huge integers, cycles or nesting deeper than `MAX_DEPTH`.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value  # type: ignore[return-value]
    if kind is int:
        if value.bit_length() > MAX_INT_BITS:  # type: ignore[attr-defined]
            raise ValueError("an integer of more than 4096 bits is not a JSON number")
        return value  # type: ignore[return-value]
    if kind is float:
        if not math.isfinite(value):  # type: ignore[arg-type]
            raise ValueError(f"{value} is not a JSON number")
        return value  # type: ignore[return-value]
    if depth >= MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels, or a cycle")
    if kind is dict:
        return _copy_dict(value, depth)  # type: ignore[arg-type]
    if kind is list or kind is tuple:
        return [copy_json(item, depth + 1) for item in value]  # type: ignore[attr-defined]
    if isinstance(value, dict):
        return _copy_dict(value, depth)
    if isinstance(value, list):
        return [copy_json(item, depth + 1) for item in value]
    raise ValueError(f"a value of type {kind.__name__} is not JSON")


def _copy_dict(value: dict[object, object], depth: int) -> Json:
    copied: dict[str, Json] = {}
    for key, item in value.items():
        if type(key) is not str:
            shown = repr(key) if type(key) in (int, float, bool, type(None)) else f"of type {type(key).__name__}"
            raise ValueError(f"the key {shown} is not a string")
        copied[key] = copy_json(item, depth + 1)
    return copied


def parse_json(text: str | bytes) -> Json:
    """Parse strict JSON: no NaN, no infinities, no key twice in one object, within the bounds of `copy_json`.

    Raises:
        ValueError: With the reason; `json.JSONDecodeError`, a subclass, also knows the place.
    """
    try:
        value: Json = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise ValueError(f"an integer of more than {MAX_INT_BITS} bits is not a JSON number") from None
        raise
    _check_values(value)
    return value


def _check_values(value: Json) -> None:
    """Refuse what Python's parser lets through, level by level, so that no depth exhausts the stack."""
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH + 1):
        for item in level:
            if type(item) is float and not math.isfinite(item):
                raise ValueError("a number is too large for a JSON number")
            if type(item) is int and item.bit_length() > MAX_INT_BITS:
                raise ValueError(f"an integer of more than {MAX_INT_BITS} bits is not a JSON number")
        nodes = [item for item in level if type(item) is dict or type(item) is list]
        if not nodes:
            return
        level = [child for node in nodes for child in (node.values() if type(node) is dict else node)]
    raise ValueError(f"nested deeper than {MAX_DEPTH} levels")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} occurs twice in one object")
    return value


def canonical_bytes(value: object) -> bytes:
    """Return the one byte string of a JSON value: keys sorted, no spaces, ASCII, 54.0 written as 54.

    Raises:
        ValueError: If `value` is not a JSON value (see `copy_json`).
    """
    return json.dumps(_numbers(copy_json(value)), sort_keys=True, separators=(",", ":")).encode()


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _numbers(value: Json) -> Json:
    """Write every float that is a whole number as an integer, in place."""
    if type(value) is float and value.is_integer() and -_EXACT <= value <= _EXACT:
        return int(value)
    if type(value) is dict:
        for key, item in value.items():
            value[key] = _numbers(item)
    elif type(value) is list:
        value[:] = [_numbers(item) for item in value]
    return value


def same_json(left: Json, right: Json) -> bool:
    """Tell whether two JSON values are equal: numbers by value, booleans apart from numbers."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return left == right


def freeze(value: Json) -> object:
    """Return a hashable stand-in for a JSON value, equal exactly where `same_json` is."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, dict):
        return ("dict", frozenset((key, freeze(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("list", tuple(freeze(item) for item in value))
    return value


def show(value: Mapping[str, Json] | Json, width: int = 160) -> str:
    """Return a value as one line of JSON for a person, cut at `width` characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= width else text[: width - 1] + "…"
