"""Read a body within bounds: what is too long, too deep or doubtful never reaches the visitors or Python's compiler."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any, Final

from gem_sim.compiler.nodes import children, walk
from gem_sim.errors import CompileError, Fault

MAX_SOURCE: Final = 100_000
MAX_NESTING: Final = 60
MAX_NODES: Final = 20_000
# Python writes the code of a `finally` once for each way out of its `try`.
_MAX_COPIED: Final = 20_000
_EXITS = (ast.Return, ast.Break, ast.Continue)


def parse(source: str, *, tool: str, file: str) -> ast.Module:
    """Parse a body within bounds.

    Raises:
        CompileError: If it is no Python, or too long or too deep for the parser.
    """
    cure = "mend the syntax"
    try:
        if len(source) > MAX_SOURCE:
            raise ValueError(f"longer than {MAX_SOURCE} characters")
        with _quiet():
            return _bounded(ast.parse(source, filename=file))
    except SyntaxError as error:
        fault = Fault(tool, max(error.lineno or 1, 1), max(error.offset or 1, 1), f"not Python: {error.msg}", cure)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        fault = Fault(tool, 1, 1, f"not Python that can be read: {error or type(error).__name__}", "write it shorter")
    raise CompileError([fault], file=file)


def tree_of(source: str) -> ast.Module:
    """Parse what is known to be Python, without a warning about its style."""
    with _quiet():
        return ast.parse(source)


def is_expression(source: str) -> bool:
    """Tell whether a text is one expression, and not what merely becomes one in brackets of somebody else."""
    try:
        with _quiet():
            ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def finished(tree: Any, file: str) -> CodeType:
    """Compile a checked tree the same way whatever the interpreter was started with: `assert` stays."""
    with _quiet():
        return compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True, optimize=0)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings about a body's style from the host's standard error, and from being errors there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _bounded(tree: ast.Module) -> ast.Module:
    """Refuse a tree that is too large or too deep for the visitors and for Python's own compiler."""
    level: list[ast.AST] = [tree]
    number = depth = 0
    while level:
        number += len(level)
        if number > MAX_NODES:
            raise ValueError(f"more than {MAX_NODES} nodes")
        if depth > MAX_NESTING:
            raise ValueError(f"nested deeper than {MAX_NESTING} levels")
        level = [child for node in level for child in children(node)]
        depth += 1
    return tree


def finally_faults(node: ast.Try) -> Iterator[tuple[ast.AST, str, str]]:
    """Yield where the `finally` of a `try` swallows what went wrong, or would be compiled over and over."""
    inside = walk(*node.finalbody)
    for inner in inside:
        if isinstance(inner, _EXITS):
            yield inner, "`finally` swallows what went wrong", "move it behind the `try`"
        elif isinstance(inner, ast.Try):
            yield inner, "a `try` inside `finally`", "put it into a function and call that"
    parts = [*node.body, *node.orelse, *node.handlers]
    exits = sum(isinstance(inner, _EXITS) for inner in walk(*parts))
    if exits * len(inside) > _MAX_COPIED:
        yield node, "a long `finally` with very many ways into it", "put what it does into a function and call that"
