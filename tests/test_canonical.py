"""Canonical bytes: equal exactly where values are equal, whatever the order and spelling."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.canonical import (
    MAX_DEPTH,
    canonical_bytes,
    copy_json,
    digest,
    freeze,
    identical_json,
    parse_json,
    same_json,
)
from gem_sim.simulator.compare import reads_as

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=20)


@given(values, values)
def test_bytes_are_equal_exactly_where_values_are(left: Any, right: Any) -> None:
    assert (canonical_bytes(left) == canonical_bytes(right)) == same_json(left, right)
    assert same_json(left, right) == (freeze(left) == freeze(right))


@given(st.dictionaries(st.text(), values, max_size=4))
def test_key_order_does_not_matter(value: dict[str, Any]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


@given(values)
def test_a_copy_is_equal_and_shares_nothing(value: Any) -> None:
    copied = copy_json(value)
    assert same_json(copied, value)
    if isinstance(value, list | dict):
        assert copied is not value


def test_numbers_go_by_value_and_booleans_do_not() -> None:
    assert canonical_bytes({"a": 54.0}) == b'{"a":54}'
    assert not same_json(True, 1)
    assert same_json([1, {"x": 2.0}], [1.0, {"x": 2}])


@pytest.mark.parametrize("value", [math.nan, math.inf, {1: 2}, {1, 2}, b"x", object, 1 << 5000], ids=str)
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        copy_json([value])


def test_cycles_and_deep_nesting_are_refused() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    with pytest.raises(ValueError, match="deeper"):
        copy_json(cycle)
    deep: object = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(ValueError, match="deeper"):
        copy_json(deep)


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1, "a": 2}', "[" * 100_000, "{'a': 1}", '{"a": -Infinity}'])
def test_only_strict_json_is_parsed(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def test_lone_surrogates_have_bytes() -> None:
    assert json.loads(canonical_bytes("\ud800")) == "\ud800"


@given(values, values)
def test_identical_values_are_the_same_and_read_so(left: Any, right: Any) -> None:
    assert identical_json(left, left)
    if identical_json(left, right):
        assert same_json(left, right)
    try:
        text = json.dumps(left)
        text.encode()
    except UnicodeEncodeError:
        return
    if reads_as(text, right):
        assert same_json(parse_json(text), right)
    if not any(0xD800 <= ord(letter) < 0xE000 for letter in json.dumps(left, ensure_ascii=False)):
        assert reads_as(text, left)


@pytest.mark.parametrize("text", ["", "x", "NaN", "1e999", '{"a": 1', "[1,]"])
def test_what_is_no_json_reads_as_nothing(text: str) -> None:
    assert not any(reads_as(text, value) for value in (None, 0, "", "x", text, [1], {"a": 1}))


@given(st.lists(st.floats(), min_size=20))
def test_long_lists_of_numbers_are_looked_through(numbers: list[float]) -> None:
    if all(map(math.isfinite, numbers)):
        copied = copy_json(numbers)
        assert copied == numbers
        assert copied is not numbers
    else:
        with pytest.raises(ValueError, match="not a JSON number"):
            copy_json(numbers)
