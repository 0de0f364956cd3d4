"""What a body itself binds, and which attributes it may read of what it makes."""

from __future__ import annotations

import ast
import collections
import datetime
import decimal
import re
import types
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from gem_sim.compiler.dialect import ATTRIBUTES
from gem_sim.compiler.nodes import walk


def _inner_attributes() -> frozenset[str]:
    """Return the attributes through which an object leads to the interpreter or to what is not in the dialect."""
    generator = (name for name in "")
    kinds: list[object] = [object, type, str, bytes, int, float, complex, list, tuple, dict, set, range, slice]
    kinds += [memoryview, property, classmethod, BaseException, type(generator), types.FunctionType, types.CodeType]
    kinds += [types.MethodType, types.BuiltinFunctionType, types.FrameType, types.TracebackType, types.ModuleType]
    kinds += [types.CoroutineType, types.AsyncGeneratorType, types.CellType, re.Pattern, re.Match]
    kinds += [datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone, decimal.Decimal]
    kinds += [collections.Counter, collections.OrderedDict, collections.defaultdict, collections.deque, type({}.keys())]
    return frozenset(name for kind in kinds for name in dir(kind)) - ATTRIBUTES


INNER_ATTRIBUTES: Final = _inner_attributes()


class Own(NamedTuple):
    """What the source itself brings: its classes, the `__init__` of each, and the attributes it may read."""

    classes: frozenset[str]
    initialisers: frozenset[int]
    attributes: frozenset[str]


def own_names(tree: ast.AST, tables: Iterable[str]) -> Own:
    """Return what a source and its environment's tables add to the names of the dialect."""
    classes = [node for node in walk(tree) if isinstance(node, ast.ClassDef)]
    attributes = set(tables)
    initialisers = set()
    for node in (statement for made in classes for statement in made.body):
        if isinstance(node, ast.FunctionDef):
            attributes.add(node.name)
            initialisers.add(id(node))
        elif isinstance(node, ast.Assign):
            attributes |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            attributes.add(node.target.id)
    if classes:
        stored = (node for node in walk(tree) if isinstance(node, ast.Attribute))
        attributes |= {node.attr for node in stored if isinstance(node.ctx, ast.Store)}
    return Own(frozenset(node.name for node in classes), frozenset(initialisers), frozenset(attributes))


def bound_names(tree: ast.AST) -> Iterator[str]:
    """Yield every name that the source itself binds, in whatever scope."""
    for node in walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest
