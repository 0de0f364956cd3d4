"""Nodes of a body's tree: they are run through many times for each tool, for which `ast`'s own ways are slow."""

from __future__ import annotations

import ast
from typing import Any


def walk(*trees: ast.AST) -> list[Any]:
    """Return the nodes of trees, level by level, as `ast.walk` yields those of one."""
    nodes: list[Any] = list(trees)
    found = nodes.append
    # What is found is looked through in its turn.
    for node in nodes:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                found(value)
            elif type(value) is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        found(item)
    return nodes


def children(node: ast.AST) -> list[Any]:
    """Return the nodes right below a node."""
    found: list[Any] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
    return found


def placed(node: ast.AST, made: Any) -> Any:
    """Give a made node, and what was made below it, the place of the one it stands for."""
    ast.copy_location(made, node)
    waiting = [made]
    while waiting:
        above = waiting.pop()
        for child in children(above):
            # What has no place of its own, such as arguments, may have something below that lacks one.
            if "lineno" not in child._attributes:
                waiting.append(child)
            elif not hasattr(child, "lineno"):
                waiting.append(ast.copy_location(child, node))
    return made
