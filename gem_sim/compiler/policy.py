"""Interim policy: static, default deny."""

from __future__ import annotations

import ast
from types import CodeType
from typing import Any

from RestrictedPython.transformer import RestrictingNodeTransformer

from gem_sim.errors import CompileError, Fault

_SAFE_MODULES = ("math", "datetime", "re", "decimal", "statistics", "collections")
_FORBIDDEN = {"open", "eval", "exec", "compile", "globals", "locals", "vars", "dir", "getattr", "setattr", "delattr", "input",
              "breakpoint", "memoryview", "type", "id", "hash", "object", "super", "help", "exit", "quit", "bytes", "bytearray",
              "BaseException", "print"}
_NODES = set("""Module FunctionDef arguments arg Return Assign AugAssign AnnAssign For While If Expr Pass Break Continue Raise Try
ExceptHandler Delete Name Attribute Subscript Call keyword Constant List Tuple Set Dict ListComp SetComp DictComp GeneratorExp
comprehension Lambda IfExp BoolOp And Or UnaryOp Not USub UAdd Invert BinOp Add Sub Mult Div FloorDiv Mod Pow LShift RShift
BitOr BitAnd BitXor Compare Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn JoinedStr FormattedValue Slice Starred Load Store Del
Import ImportFrom alias Assert NamedExpr""".split())


class Policy(RestrictingNodeTransformer):
    def __init__(self, tool: str, names: frozenset[str]) -> None:
        super().__init__([], [], {})
        self.tool, self.names, self.faults = tool, names, []

    def fault(self, node: Any, message: str, cure: str) -> None:
        self.faults.append(Fault(self.tool, getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1, message, cure))

    def visit(self, node: ast.AST) -> Any:
        if type(node).__name__ not in _NODES:
            self.fault(node, f"{type(node).__name__} is not part of the dialect", "write it another way")
            return node
        return getattr(self, f"_{type(node).__name__}", self.node_contents_visit)(node)

    def tick(self, node: Any) -> Any:
        call = ast.Call(ast.Name("_tick_", ast.Load()), [], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def _name(self, node: Any, name: str) -> None:
        if name.startswith("_") or name in _FORBIDDEN:
            self.fault(node, f"the name {name!r} is not part of the dialect", "use another name")

    def _Name(self, node: Any) -> Any:
        self._name(node, node.id)
        return node

    def _arg(self, node: Any) -> Any:
        if node.arg.startswith("_"):
            self._name(node, node.arg)
        return self.node_contents_visit(node)

    def _Attribute(self, node: Any) -> Any:
        if node.attr.startswith("_") or node.attr in ("format", "format_map", "mro"):
            self.fault(node, f"the attribute {node.attr!r} is not part of the dialect", "use fields of rows and ordinary methods")
        return self.node_contents_visit(node)

    def _body(self, node: Any) -> Any:
        node = self.node_contents_visit(node)
        node.body.insert(0, ast.copy_location(ast.Expr(self.tick(node.body[0])), node.body[0]))
        return node

    _For = _While = _FunctionDef = _body

    def _comprehension(self, node: Any) -> Any:
        node = self.node_contents_visit(node)
        node.ifs.insert(0, self.tick(node.target))
        return node

    def _Lambda(self, node: Any) -> Any:
        node = self.node_contents_visit(node)
        node.body = ast.copy_location(ast.IfExp(self.tick(node.body), node.body, ast.copy_location(ast.Constant(None), node.body)), node.body)
        return node

    def _Import(self, node: Any) -> Any:
        for alias in node.names:
            if alias.name not in _SAFE_MODULES:
                self.fault(node, f"import of {alias.name!r}", f"only {', '.join(_SAFE_MODULES)} can be imported")
        targets = [(a.asname or a.name, ast.Subscript(ast.Name("_modules_", ast.Load()), ast.Constant(a.name), ast.Load())) for a in node.names]
        return [ast.fix_missing_locations(ast.copy_location(ast.Assign([ast.Name(n, ast.Store())], v), node)) for n, v in targets]

    def _ImportFrom(self, node: Any) -> Any:
        if node.module not in _SAFE_MODULES:
            self.fault(node, f"import of {node.module!r}", f"only {', '.join(_SAFE_MODULES)} can be imported")
        made = []
        for a in node.names:
            self._name(node, a.name)
            v = ast.Attribute(ast.Subscript(ast.Name("_modules_", ast.Load()), ast.Constant(node.module), ast.Load()), a.name, ast.Load())
            made.append(ast.fix_missing_locations(ast.copy_location(ast.Assign([ast.Name(a.asname or a.name, ast.Store())], v), node)))
        return made

    def _ExceptHandler(self, node: Any) -> Any:
        if node.type is None:
            self.fault(node, "a handler for everything", "name the exception, such as KeyError")
        return self.node_contents_visit(node)


def parse(source: str, *, tool: str, file: str) -> ast.Module:
    try:
        return ast.parse(source, filename=file)
    except SyntaxError as error:
        fault = Fault(tool, error.lineno or 1, error.offset or 1, f"not Python: {error.msg}", "mend the syntax")
        raise CompileError([fault], file=file) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise CompileError([Fault(tool, 1, 1, f"not Python: {error}", "mend the body")], file=file) from None


def restrict(tree: ast.Module, *, tool: str, names: frozenset[str], file: str = "<tool>") -> CodeType:
    policy = Policy(tool, names)
    tree = policy.visit(tree)
    if policy.faults:
        raise CompileError(policy.faults, file=file)
    return compile(ast.fix_missing_locations(tree), file, "exec")


def policy_markdown() -> str:
    return "# The tool dialect\n"
