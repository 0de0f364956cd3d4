"""Every kind of syntax node: what of it is allowed and what it computes, what is refused and how that is told."""

from __future__ import annotations

import ast
import json
import sys
from typing import Any

import pytest

from gem_sim.compiler.dialect import NODES
from gem_sim.errors import CompileError, LimitError, StubError
from gem_sim.sandbox import Limits
from tests.conftest import CASES
from tests.sandbox.stubs import compiled, outcome

FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (CASES / "constructs").glob("*.json")}
LIMITS = Limits(fuel=50_000)
# Bases of other nodes.
ABSTRACT = {"AST", "mod", "stmt", "expr", "expr_context", "boolop", "operator", "unaryop", "cmpop", "excepthandler"}
ABSTRACT |= {"pattern", "type_ignore", "type_param", "slice"}
# What the parser makes only inside of `async def` or `with`, refused as a whole, or in another kind of source.
NEVER_ALONE = {"AsyncFor", "AsyncWith", "Await", "withitem", "Interactive", "Expression", "FunctionType", "TypeIgnore"}
# Nodes of later Pythons, whose syntax this one may not know, and where it is told.
LATER = {
    "TypeAlias": "type X = int\nreturn 1",
    "TypeVar": "def f[T](x):\n    return x\nreturn f(1)",
    "ParamSpec": "def f[**P](x):\n    return x\nreturn f(1)",
    "TypeVarTuple": "def f[*Ts](x):\n    return x\nreturn f(1)",
    "TemplateStr": "return t'{1}'",
    "Interpolation": "return t'{1}'",
}
# What Python no longer makes, but still has for old programs.
DEPRECATED = {
    "Num",
    "Str",
    "Bytes",
    "NameConstant",
    "Ellipsis",
    "Index",
    "ExtSlice",
    "Suite",
    "AugLoad",
    "AugStore",
    "Param",
}


def nodes_of_python() -> set[str]:
    return {
        name
        for name, kind in vars(ast).items()
        if isinstance(kind, type) and issubclass(kind, ast.AST) and name not in ABSTRACT | DEPRECATED
    }


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(node, case, id=f"{node}-{number}")
        for node, file in sorted(FILES.items())
        for number, case in enumerate(file.get(kind, []), start=1)
    ]


def names_in(body: str) -> set[str]:
    wrapped = "def f():\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    return {type(node).__name__ for node in ast.walk(ast.parse(wrapped))}


def test_every_node_of_python_has_a_line_in_the_table() -> None:
    assert nodes_of_python() <= set(NODES)
    assert all(rule.fate in ("allowed", "guarded", "refused") for rule in NODES.values())
    assert all(rule.note for rule in NODES.values() if rule.fate != "allowed")


def test_every_line_of_the_table_has_a_file_of_cases() -> None:
    assert set(FILES) == set(NODES) - NEVER_ALONE - set(LATER)
    for node, file in FILES.items():
        fate = NODES[node].fate
        assert ("allowed" in file) == (fate != "refused"), node
        if fate == "refused":
            assert "refused" in file, node


@pytest.mark.parametrize(("node", "case"), cases("allowed"))
def test_what_is_allowed_computes_what_python_does(node: str, case: dict[str, Any]) -> None:
    body = "\n".join(case["body"])
    assert node in names_in(body)
    assert outcome(body, LIMITS).content == case["gives"]


@pytest.mark.parametrize(("node", "case"), cases("refused"))
def test_what_is_refused_is_told_with_place_and_cure(node: str, case: dict[str, Any]) -> None:
    body = "\n".join(case["body"])
    assert node in names_in(body)
    with pytest.raises(CompileError) as caught:
        compiled(body)
    places = [(fault.line, fault.column) for fault in caught.value.faults]
    assert (case["line"], case["column"]) in places, caught.value
    fault = caught.value.faults[places.index((case["line"], case["column"]))]
    assert case["message"] in fault.message
    assert case["cure"] in fault.cure


@pytest.mark.parametrize(("node", "case"), cases("stopped"))
def test_what_a_value_decides_is_stopped_when_it_runs(node: str, case: dict[str, Any]) -> None:
    body = "\n".join(case["body"])
    assert node in names_in(body)
    with pytest.raises(StubError, match=case["words"]) as caught:
        outcome(body, LIMITS)
    assert isinstance(caught.value, LimitError) == (case["kind"] == "limit"), caught.value


@pytest.mark.parametrize(("node", "body"), LATER.items(), ids=LATER.keys())
def test_syntax_of_later_pythons_is_refused_on_every_python(node: str, body: str) -> None:
    with pytest.raises(CompileError) as caught:
        compiled(body)
    fault = caught.value.faults[0]
    assert fault.line == 1
    if sys.version_info < (3, 12):
        assert "not Python" in fault.message


@pytest.mark.parametrize("node", sorted(NEVER_ALONE))
def test_what_cannot_stand_alone_is_refused_by_the_table(node: str) -> None:
    assert NODES[node].fate == "refused"


def test_asynchronous_parts_are_refused_where_they_stand() -> None:
    for line in ("async for x in []: pass", "async with state: pass", "await now()", "return [x async for x in []]"):
        with pytest.raises(CompileError):
            compiled(f"async def f():\n    {line}\nreturn 1")
