"""The exception tree is the one its docstring draws, and survives a trip between processes."""

from __future__ import annotations

import pickle
import re

import pytest

from gem_sim import errors


def drawn() -> dict[str, str]:
    """Read child → parent off the tree in the docstring."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^    ((?:[│ ]   )*)(?:[├└]── )?([A-Z]\w+)", line)
        if match is None:
            continue
        depth = len(match[1]) // 4 + (1 if "──" in line else 0)
        path = [*path[:depth], match[2]]
        if depth:
            parents[match[2]] = path[depth - 1]
    return parents


def test_the_tree_is_drawn_as_it_is() -> None:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.GemSimError)]
    real = {kind.__name__: kind.__bases__[0].__name__ for kind in kinds if kind is not errors.GemSimError}
    assert drawn() == real


@pytest.mark.parametrize(
    "error",
    [
        errors.FormatError("truncated", file="a.jsonl", line=3, cure="write the line again"),
        errors.CompileError([errors.Fault("lend", 2, 5, "no imports", "remove it")], file="environment.json"),
        errors.LimitError("lend", "out of fuel", line=4),
    ],
)
def test_errors_survive_pickling(error: errors.GemSimError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_an_input_error_is_one_line_with_place_and_cure() -> None:
    error = errors.InputError("not JSON", file="x.json", line=7, cure="mend it")
    assert str(error) == "x.json:7: not JSON; mend it"
