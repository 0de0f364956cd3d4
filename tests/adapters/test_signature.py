"""A Python function as a Tool."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from gem_sim.adapters.signature import tool_of
from gem_sim.errors import InputError
from gem_sim.simulator.schema import is_valid
from tests.adapters.shop import Line, Shop


def properties(function: Any) -> dict[str, Any]:
    parameters = tool_of(function).parameters
    assert parameters is not None
    found: dict[str, Any] = parameters["properties"]  # type: ignore[assignment]
    return found


def test_hints_become_schemas_and_the_docstring_gives_the_words() -> None:
    tool = tool_of(Shop().order)
    assert tool.name == "order"
    assert tool.description == "Order something."
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "item": {"type": "string", "description": "What to order, by name."},
            "count": {"type": "integer", "description": "How many.", "default": 1},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["item"],
        "additionalProperties": False,
    }


def test_sphinx_fields_are_read() -> None:
    def move(x: float) -> None:
        """Move.

        :param x: how far
        :returns: nothing
        """

    assert properties(move)["x"]["description"] == "how far"


def test_a_type_that_only_the_docstring_names_counts() -> None:
    def move(x, y):  # type: ignore[no-untyped-def]
        """Move.

        Args:
            x (int): how far
            y: where to
        """

    assert properties(move)["x"]["type"] == "integer"
    assert "type" not in properties(move)["y"]


def test_models_and_choices_are_spelled_out() -> None:
    def add(line: Line, mode: Literal["a", "b"], more: list[Line] | None = None) -> None:
        """Add."""

    parameters = tool_of(add).parameters or {}
    assert is_valid(parameters, {"line": {"item": "pen", "count": 1}, "mode": "a"})
    assert not is_valid(parameters, {"line": {"item": "pen"}, "mode": "a"})
    assert not is_valid(parameters, {"line": {"item": "pen", "count": 1}, "mode": "c"})
    assert is_valid(parameters, {"line": {"item": "pen", "count": 1}, "mode": "b", "more": [{"item": "x", "count": 2}]})


def test_a_type_without_a_schema_takes_anything() -> None:
    class Odd: ...

    def take(odd: Odd) -> None:
        """Take."""

    assert properties(take)["odd"] == {}


def test_further_named_arguments_are_taken_where_the_function_takes_them() -> None:
    def take(a: int, **more: Any) -> None:
        """Take."""

    assert (tool_of(take).parameters or {})["additionalProperties"] is True


def test_a_given_schema_replaces_the_hint() -> None:
    def take(a: int) -> None:
        """Take."""

    tool = tool_of(take, schemas={"a": {"type": ["integer", "string"]}})
    assert is_valid(tool.parameters or {}, {"a": "x"})


def test_what_cannot_be_called_by_name_is_refused_with_a_cure() -> None:
    def positional(a: int, /) -> None: ...

    async def later() -> None: ...

    for function in (positional, later):
        with pytest.raises(InputError, match="wrap it"):
            tool_of(function)
