"""Change a tool body at the level of its syntax tree, so that most of what comes out is still Python."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from gem_sim.compiler.dialect import ATTRIBUTES, BUILTINS, EXCEPTIONS, MODULES

NAMES = (
    *BUILTINS,
    *EXCEPTIONS,
    *MODULES,
    "state",
    "require",
    "fail",
    "new_id",
    "now",
    "unspecified",
    "NAMES",
    "x",
    "y",
)
FORBIDDEN = ("open", "eval", "exec", "type", "getattr", "object", "__import__", "__builtins__", "_tick_", "_operate_")
INNER = (
    "__class__",
    "__globals__",
    "__self__",
    "__subclasses__",
    "gi_frame",
    "f_back",
    "func",
    "mro",
    "format",
    "_type",
)
CONSTANTS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 7, 64, 1000, 10**6, 10**9, 2**62, 2**500, -(10**9), True, False, None, 0.5, 1e308, -0.0),
    *("", "a", "ab" * 50, "%s%1000d", "{0.__class__}", "%Y-%m-%d %s", ">99999", "000009999999", "n", "\x00", "\ud800"),
    *("(a+)+$", "a*b|a", "(?i)[^x]{99}", r"\1\g<0>", "ß", "１", "1" * 300, "1e999", "s", "__class__"),
)
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift, ast.BitOr)
_MORE_OPERATORS = (ast.BitAnd, ast.BitXor, ast.MatMult)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.GtE, ast.Is, ast.In, ast.NotIn)


class Donors(NamedTuple):
    """Parts of known bodies, to be put into others."""

    expressions: list[ast.expr]
    statements: list[ast.stmt]

    def add(self, tree: ast.Module) -> None:
        """Take the parts of one more body."""
        for node in ast.walk(tree):
            if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                self.expressions.append(node)
            elif isinstance(node, ast.stmt):
                self.statements.append(node)


def mutated(source: str, donors: Donors, chance: random.Random) -> str | None:
    """Return a changed body, None where the change makes no sense to Python at all."""
    if chance.random() < 0.05:
        return _text(source, chance)
    try:
        tree = ast.parse(source)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
            chance.choice(_CHANGES)(tree, donors, chance)
        return ast.unparse(ast.fix_missing_locations(tree))
    except (SyntaxError, ValueError, RecursionError, TypeError, AttributeError, KeyError, IndexError):
        return None


def _text(source: str, chance: random.Random) -> str:
    """Change a body as text, for what the parser must survive."""
    place = chance.randrange(len(source) + 1)
    end = min(len(source), place + chance.randrange(1, 20))
    piece = chance.choice(
        ("", source[place:end] * 2, "(" * 70, "\r", "\x0c", "\ufeff", "＿", "\\\n", "'", '"""', "\t", ":=")
    )
    return source[:place] + piece + source[end if chance.random() < 0.5 else place :]


def _places(tree: ast.AST, kinds: type | tuple[type, ...]) -> list[tuple[ast.AST, str, int | None, Any]]:
    """Return where nodes of some kinds stand: parent, field, index in the field, node."""
    found: list[tuple[ast.AST, str, int | None, Any]] = []
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            items: Iterable[tuple[int | None, Any]] = enumerate(value) if isinstance(value, list) else [(None, value)]
            found += [(parent, field, index, item) for index, item in items if isinstance(item, kinds)]
    return found


def _put(place: tuple[ast.AST, str, int | None, Any], made: Any) -> None:
    parent, field, index, _ = place
    if index is None:
        setattr(parent, field, made)
    else:
        getattr(parent, field)[index] = made


def _pick(tree: ast.AST, kinds: Any, chance: random.Random) -> tuple[ast.AST, str, int | None, Any]:
    places = [
        place for place in _places(tree, kinds) if not isinstance(getattr(place[3], "ctx", None), ast.Store | ast.Del)
    ]
    return chance.choice(places)


def _some_expression(donors: Donors, chance: random.Random) -> ast.expr:
    if chance.random() < 0.4:
        return ast.Constant(chance.choice(CONSTANTS))
    if chance.random() < 0.3:
        return ast.Name(chance.choice(NAMES if chance.random() < 0.9 else FORBIDDEN), ast.Load())
    return copy.deepcopy(chance.choice(donors.expressions))


def _graft(tree: ast.Module, donors: Donors, chance: random.Random) -> None:
    _put(_pick(tree, ast.expr, chance), _some_expression(donors, chance))


def _rename(tree: ast.Module, _donors: Donors, chance: random.Random) -> None:
    node = chance.choice([node for node in ast.walk(tree) if isinstance(node, ast.Name)])
    local = [other.id for other in ast.walk(tree) if isinstance(other, ast.Name)]
    node.id = chance.choice((*local, *NAMES, *(FORBIDDEN if chance.random() < 0.1 else ())))


def _other_attribute(tree: ast.Module, _donors: Donors, chance: random.Random) -> None:
    node = chance.choice([node for node in ast.walk(tree) if isinstance(node, ast.Attribute)])
    node.attr = chance.choice(INNER if chance.random() < 0.1 else sorted(ATTRIBUTES))


def _wrap(tree: ast.Module, donors: Donors, chance: random.Random) -> None:
    place = _pick(tree, ast.expr, chance)
    node, other = place[3], _some_expression(donors, chance)
    name = ast.Name(chance.choice(BUILTINS), ast.Load())
    attribute = ast.Attribute(node, chance.choice(sorted(ATTRIBUTES)), ast.Load())
    clause = ast.comprehension(ast.Name("x", ast.Store()), node, [], 0)
    twin = copy.deepcopy(node)
    made: list[ast.expr] = [
        ast.Call(name, [node], []),
        ast.Call(name, [node, other], []),
        ast.Call(name, [ast.Starred(node, ast.Load())], []),
        ast.Call(attribute, [], []),
        ast.Call(attribute, [other], []),
        attribute,
        ast.Subscript(node, other, ast.Load()),
        ast.Subscript(node, ast.Slice(None, other, None), ast.Load()),
        ast.List([node, twin], ast.Load()),
        ast.Tuple([node, twin], ast.Load()),
        ast.Dict([None, ast.Constant("k")], [node, twin]),
        ast.Set([node, other]),
        ast.BinOp(node, chance.choice((*_OPERATORS, *_MORE_OPERATORS))(), other),
        ast.BinOp(node, ast.Mult(), ast.Constant(chance.choice((2, 1000, 10**6, 10**9)))),
        ast.Compare(node, [chance.choice(_COMPARISONS)()], [other]),
        ast.JoinedStr(
            [ast.FormattedValue(node, chance.choice((-1, 114, 115)), None), ast.FormattedValue(twin, -1, None)]
        ),
        ast.JoinedStr(
            [ast.FormattedValue(node, -1, ast.JoinedStr([ast.Constant(chance.choice((">9", "n", "05.1f")))]))]
        ),
        ast.Lambda(_no_arguments(), node),
        ast.Call(ast.Lambda(_no_arguments(), node), [], []),
        ast.ListComp(ast.Name("x", ast.Load()), [clause]),
        ast.GeneratorExp(ast.Name("x", ast.Load()), [clause]),
        ast.NamedExpr(ast.Name("y", ast.Store()), node),
        ast.IfExp(node, twin, other),
        ast.UnaryOp(chance.choice((ast.Not, ast.USub, ast.Invert))(), node),
    ]
    _put(place, chance.choice(made))


def _no_arguments() -> ast.arguments:
    return ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])


def _other_operator(tree: ast.Module, _donors: Donors, chance: random.Random) -> None:
    node = chance.choice([node for node in ast.walk(tree) if isinstance(node, ast.BinOp | ast.AugAssign)])
    node.op = chance.choice((*_OPERATORS, *_MORE_OPERATORS))()


def _blocks(tree: ast.Module) -> list[list[ast.stmt]]:
    fields = ("body", "orelse", "finalbody")
    return [
        block for node in ast.walk(tree) for field in fields if isinstance(block := getattr(node, field, None), list)
    ]


def _insert(tree: ast.Module, donors: Donors, chance: random.Random) -> None:
    block = chance.choice(_blocks(tree))
    block.insert(chance.randrange(len(block) + 1), copy.deepcopy(chance.choice(donors.statements)))


def _repeat(tree: ast.Module, _donors: Donors, chance: random.Random) -> None:
    block = chance.choice([block for block in _blocks(tree) if block])
    index = chance.randrange(len(block))
    block[index:index] = [copy.deepcopy(block[index]) for _ in range(chance.choice((1, 2, 5)))]


def _remove(tree: ast.Module, _donors: Donors, chance: random.Random) -> None:
    block = chance.choice([block for block in _blocks(tree) if len(block) > 1])
    del block[chance.randrange(len(block))]


def _enclose(tree: ast.Module, donors: Donors, chance: random.Random) -> None:
    block = chance.choice([block for block in _blocks(tree) if block])
    index = chance.randrange(len(block))
    inner, value = [block[index]], _some_expression(donors, chance)
    handler = ast.ExceptHandler(ast.Name(chance.choice(EXCEPTIONS), ast.Load()), None, [ast.Pass()])
    target = ast.Name("x", ast.Store())
    rest = ast.Tuple([ast.Name("y", ast.Store()), ast.Starred(target, ast.Store())], ast.Store())
    function = ast.FunctionDef("step", _no_arguments(), inner, [], None, None)
    function.type_params = []  # type: ignore[attr-defined]
    kinds: list[list[ast.stmt]] = [
        [ast.Try(inner, [handler], [], [])],
        [ast.Try(inner, [], [], [copy.deepcopy(block[index])])],
        [ast.Try(inner, [handler], [], [ast.Raise(value, None)])],
        [ast.For(chance.choice((target, rest)), value, inner, [])],
        [ast.For(target, ast.Call(ast.Name("range", ast.Load()), [ast.Constant(10**6)], []), inner, [])],
        [ast.While(value, inner, [])],
        [ast.If(value, inner, [])],
        [function, ast.Expr(ast.Call(ast.Name("step", ast.Load()), [], []))],
        [ast.Match(value, [ast.match_case(ast.MatchSequence([ast.MatchStar("y")]), None, inner)])],
        [ast.Assign([rest], value), *inner],
    ]
    block[index : index + 1] = chance.choice(kinds)


_CHANGES: tuple[Callable[[ast.Module, Donors, random.Random], None], ...] = (
    *(_graft, _graft, _rename, _other_attribute, _wrap, _wrap, _wrap),
    *(_other_operator, _insert, _insert, _repeat, _remove, _enclose),
)
