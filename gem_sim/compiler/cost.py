"""What can be told of the cost of code before it runs: which parts need a guard, and how much a turn of it does."""

from __future__ import annotations

import ast
from typing import Any

from gem_sim.compiler.nodes import children, walk


def size_of(statements: list[Any]) -> int:
    """Return the number of nodes that one turn runs through; inner loops and functions pay for themselves."""
    apart = (ast.For, ast.While, ast.FunctionDef, ast.Lambda, ast.comprehension)
    waiting: list[ast.AST] = list(statements)
    number = 0
    while waiting:
        node = waiting.pop()
        number += 1
        if not isinstance(node, apart):
            waiting += children(node)
    return number


def entry_guard(node: ast.AST) -> str:
    """Return the guard at the entry of a function: one that calls nothing cannot be part of a recursion."""
    return "_enter_" if any(isinstance(inner, ast.Call) for inner in walk(node)) else "_tick_"


def outermost_guard(node: ast.FunctionDef) -> str:
    """Return the guard at the entry of a tool's own function, which runs once unless it calls itself."""
    itself = any(isinstance(inner, ast.Name) and inner.id == node.name for inner in walk(node))
    return "_enter_" if itself else "_tick_"


def cannot_grow(operator: str, *operands: ast.expr) -> bool:
    """Tell whether a literal among the operands keeps a result from being much larger than what goes in."""
    literals = [operand.value for operand in operands if isinstance(operand, ast.Constant)]
    if operator in "+-":
        return any(type(literal) in (int, float) for literal in literals)
    return operator == "*" and any(type(literal) is float for literal in literals)
