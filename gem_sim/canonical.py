"""JSON values: strict copies, canonical bytes, digests."""

from __future__ import annotations

import hashlib
import json
import marshal
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH = 64
# An integer literal beyond this many digits is refused by Python's own parser, so it cannot be written back.
MAX_INT_BITS = 4096
# Below 2**53 every integer has an exact float, so 54.0 and 54 are the same number.
_EXACT = 2.0**53
# What needs no look inside: by far most of what JSON values are made of.
_MANY = 16
_ATOMS = frozenset({str, bool, type(None)})
SCALARS = _ATOMS | {int, float}


def copy_json(value: object, depth: int = 0) -> Json:
    """Return a deep copy of a JSON value that shares nothing with it; tuples become lists.

    Raises:
        ValueError: For anything JSON cannot say: other types, NaN and infinities, keys that are not strings,
            huge integers, cycles or nesting deeper than `MAX_DEPTH`.
    """
    kind = type(value)
    if kind in _ATOMS:
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
    if isinstance(value, list) or type(value) is tuple:
        return _copy_list(value, depth)
    if isinstance(value, dict):
        return _copy_dict(value, depth)
    raise ValueError(f"a value of type {kind.__name__} is not JSON")


def _copy_list(value: Sequence[Any], depth: int) -> list[Json]:
    # A sum is finite only if all it adds up is.
    if len(value) > _MANY and {float}.issuperset(map(type, value)) and math.isfinite(sum(value)):
        return list(value)
    return [item if type(item) in _ATOMS else copy_json(item, depth + 1) for item in value]


def _copy_dict(value: dict[object, object], depth: int) -> Json:
    copied: dict[str, Json] = {}
    for key, item in value.items():
        if type(key) is not str:
            shown = repr(key) if type(key) in (int, float, bool, type(None)) else f"of type {type(key).__name__}"
            raise ValueError(f"the key {shown} is not a string")
        copied[key] = item if type(item) in _ATOMS else copy_json(item, depth + 1)  # type: ignore[assignment]
    return copied


def parse_json(text: str | bytes) -> Json:
    """Parse strict JSON: no NaN, no infinities, no key twice in one object, within the bounds of `copy_json`.

    Raises:
        ValueError: With the reason; `json.JSONDecodeError`, a subclass, also knows the place.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    if text.startswith("\ufeff"):
        raise json.JSONDecodeError("unexpected byte order mark", text, 0)
    try:
        value: Json = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise ValueError(f"an integer of more than {MAX_INT_BITS} bits is not a JSON number") from None
        raise
    # Few brackets cannot nest deep.
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    return value


def _check_depth(value: Json) -> None:
    """Refuse what is nested too deeply, level by level, so that no depth exhausts the stack."""
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH + 1):
        nodes = [node for node in level if type(node) is dict or type(node) is list]
        if not nodes:
            return
        level = [child for node in nodes for child in (node.values() if type(node) is dict else node)]
    raise ValueError(f"nested deeper than {MAX_DEPTH} levels")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large for a JSON number")
    return value


def _int(text: str) -> int:
    value = int(text)
    if value.bit_length() > MAX_INT_BITS:
        raise ValueError(f"an integer of more than {MAX_INT_BITS} bits is not a JSON number")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} occurs twice in one object")
    return value


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_object
)
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def canonical_bytes(value: object) -> bytes:
    """Return the one byte string of a JSON value: keys sorted, no spaces, ASCII, 54.0 written as 54.

    Raises:
        ValueError: If `value` is not a JSON value (see `copy_json`).
    """
    return _ENCODER.encode(_numbers(copy_json(value))).encode()


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _numbers(value: Json) -> Json:
    """Write every float that is a whole number as an integer, in place."""
    kind = type(value)
    if kind is dict:
        for key, item in value.items():  # type: ignore[union-attr]
            if type(item) in _WITH_NUMBERS:
                value[key] = _numbers(item)  # type: ignore[index]
    elif kind is list:
        if not _WITH_NUMBERS.isdisjoint(map(type, value)):  # type: ignore[arg-type]
            value[:] = [_numbers(item) for item in value]  # type: ignore[union-attr,index]
    elif kind is float and value.is_integer() and -_EXACT <= value <= _EXACT:  # type: ignore[union-attr,operator]
        return int(value)  # type: ignore[arg-type]
    return value


_WITH_NUMBERS = frozenset({float, dict, list})


def identical_json(left: Any, right: Any) -> bool:
    """Tell at once whether two values are the same in type and order; False may only mean a closer look is needed."""
    try:
        return marshal.dumps(left, 2) == marshal.dumps(right, 2)
    except ValueError:
        return False


def same_json(left: Json, right: Json) -> bool:
    """Tell whether two JSON values are equal: numbers by value, booleans apart from numbers."""
    kind = type(left)
    if kind is type(right) and kind in SCALARS:
        return left == right
    # Python's own comparison is quick, and takes nothing else for equal but a boolean and a number.
    return left == right and (not (_has_booleans(left) or _has_booleans(right)) or _same(left, right))


def _has_booleans(value: Json) -> bool:
    if type(value) in SCALARS:
        return type(value) is bool
    if isinstance(value, dict):
        items: Collection[Json] = value.values()
    elif isinstance(value, list):
        items = value
    else:
        return isinstance(value, bool)
    kinds = set(map(type, items))
    return bool in kinds or (not kinds <= SCALARS and any(map(_has_booleans, items)))


def _same(left: Json, right: Json) -> bool:
    """Tell whether values that Python takes for equal have booleans in the same places."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return all(map(_same, left, right))
    return True


def freeze(value: Json) -> object:
    """Return a hashable stand-in for a JSON value, equal exactly where `same_json` is."""
    if type(value) in SCALARS:
        return ("bool", value) if type(value) is bool else value
    if isinstance(value, dict):
        return ("dict", frozenset((key, freeze(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("list", tuple(freeze(item) for item in value))
    return value


def show(value: Mapping[str, Json] | Json, width: int = 160) -> str:
    """Return a value as one line of JSON for a person, cut at `width` characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= width else text[: width - 1] + "…"
