"""Environments whose names and texts are as hostile as a body may be."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import gem_sim
from gem_sim.compiler.module import render_module

BREAK_OUT = '"""\nimport os\r\nimport os\u2028import os\x0cimport os\x00\n"""\\'
BODY = ["return [len([1, 2]), sorted([2, 1]), int('3'), list(x for x in 'ab')]"]
GIVES = [2, [1, 2], 3, ["a", "b"]]


def load(folder: Path, **content: Any) -> gem_sim.Environment:
    tool = {"name": "t", "effect": "read", "parameters": {"type": "object", "properties": {}}, "body": BODY}
    environment = {"name": "x", "entities": {"store": {"key": "id", "row": {}}}, "tools": [tool], **content}
    (folder / "environment.json").write_text(json.dumps(environment))
    return gem_sim.load_environment(folder, trusted=True)


def tool(**changes: Any) -> dict[str, Any]:
    return {"name": "t", "effect": "read", "parameters": {"type": "object", "properties": {}}, "body": BODY, **changes}


def call(environment: gem_sim.Environment, name: str = "t", **arguments: Any) -> Any:
    return gem_sim.Session(environment).call(gem_sim.ToolCall(id="c", tool=name, arguments=arguments)).content


@pytest.mark.parametrize(
    "name",
    ["_tick_", "__builtins__", "len", "state", "require", "KeyError", "a b", "class", "MAX = 1\nimport os\nY", "ａ"],
)
def test_a_constant_may_not_take_a_name_that_means_something_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(gem_sim.EnvironmentFault, match="a constant cannot be called"):
        load(tmp_path, constants={name: {"value": {"math": 5}}})


@pytest.mark.parametrize(
    "name", ["len", "sorted", "list", "__init__", "_tick_", "class", "t\nimport os", "..", "require"]
)
def test_a_tool_of_any_name_runs_and_hides_nothing(tmp_path: Path, name: str) -> None:
    environment = load(tmp_path, tools=[tool(name=name)])
    assert call(environment, name) == GIVES


@pytest.mark.parametrize(
    "name", ["_tick_", "state", "class", "__builtins__", "a-b", "require", "_list_", "x\n", "é", "1"]
)
def test_an_argument_of_any_name_reaches_the_body_and_no_further(tmp_path: Path, name: str) -> None:
    parameters = {"type": "object", "properties": {name: {}}}
    assert call(load(tmp_path, tools=[tool(parameters=parameters)]), **{name: "7"}) == GIVES


@pytest.mark.parametrize("name", ["filter", "max", "range", "list", "map", "any", "KeyError", "str"])
def test_an_argument_may_be_called_as_a_builtin_is(tmp_path: Path, name: str) -> None:
    body = [f"{name} = {name} + ['b']", f"return [item for item in {name}]"]
    parameters = {"type": "object", "properties": {name: {"type": "array"}}}
    assert call(load(tmp_path, tools=[tool(parameters=parameters, body=body)]), **{name: ["a"]}) == ["a", "b"]


@pytest.mark.parametrize("name", ["any", "sum"])
def test_a_generator_reaches_no_function_of_the_body_under_a_builtins_name(tmp_path: Path, name: str) -> None:
    body = [f"{name} = lambda items: isinstance(items, list)", f"return {name}(n for n in [1])"]
    parameters = {"type": "object", "properties": {name: {}}}
    assert call(load(tmp_path, tools=[tool(parameters=parameters, body=body)]), **{name: 1}) is True


@pytest.mark.parametrize("table", ["__class__", "_state", "_tables", "keys", "now", "a b", "mro"])
def test_a_table_of_any_name_is_a_table(tmp_path: Path, table: str) -> None:
    body = [f"state[{table!r}]['k'] = {{'id': 'k'}}", f"return len(state[{table!r}])"]
    environment = load(tmp_path, entities={table: {"key": "id", "row": {}}}, tools=[tool(effect="write", body=body)])
    assert call(environment) == 1


@pytest.mark.parametrize(
    "content",
    [
        {"title": BREAK_OUT},
        {"name": "x\nimport os"},
        {"tools": [tool(description=BREAK_OUT)]},
        {"tools": [tool(description='x"')]},
        {"tools": [tool(name=BREAK_OUT)]},
        {"tools": [tool(parameters={"type": "object", "properties": {"a": {"default": BREAK_OUT}}})]},
        {"rules": {"R1": {"text": BREAK_OUT, "kind": "limit"}}, "tools": [tool(body=["require(True, 'R1')", *BODY])]},
        {"constants": {"MAX": {"value": BREAK_OUT, "unit": BREAK_OUT}}},
        {"tools": [tool(body=["x = '''", '"""', "import os", "'''", *BODY])]},
    ],
)
def test_no_text_becomes_code_in_the_written_module(tmp_path: Path, content: dict[str, Any]) -> None:
    tree = ast.parse(render_module(load(tmp_path, **content)))
    assert {type(node) for node in tree.body} <= {ast.Expr, ast.Assign, ast.FunctionDef}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize(
    "when", ["True) or (x := 1", "True)\nwhile True: pass\n(1", "(yield)", "open('x')", "state._state"]
)
def test_a_condition_is_an_expression_of_the_dialect(tmp_path: Path, when: str) -> None:
    workflow = {"id": "w", "steps": [{"id": "s", "tool": "t", "when": when}]}
    with pytest.raises(gem_sim.CompileError):
        load(tmp_path, workflow=workflow)
