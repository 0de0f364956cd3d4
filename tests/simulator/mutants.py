"""Environments with one comparison of one body flipped."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from gem_sim.compiler.function import Surroundings, compile_tool
from gem_sim.environment import Environment

_FLIPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def flipped_environments(environment: Environment) -> Iterator[tuple[str, Environment]]:
    """Yield (place, environment) for each comparison of each body."""
    tables = frozenset(environment.state)
    known = Surroundings(environment.constants, environment.rules, environment.entities, tables, environment.sources)
    for tool in environment.tools.values():
        body = "\n".join(tool.body or ())
        number = sum(isinstance(node, ast.Compare) for node in ast.walk(ast.parse(body)))
        for index in range(number):
            tree = ast.parse(body)
            compare = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)][index]
            compare.ops[0] = _FLIPS[type(compare.ops[0])]()
            lines = tuple(ast.unparse(tree).split("\n"))
            stub = compile_tool(tool.model_copy(update={"body": lines}), known)
            place = f"{tool.name}:{compare.lineno}"
            yield place, replace(environment, stubs={**environment.stubs, tool.name: stub})
