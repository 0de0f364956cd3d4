"""Bodies that tell where they went: each `require`, branch and comparison of a tool, marked in the body's own dialect.

The marks are ordinary lines of the dialect, so probed stubs run wherever stubs run, in a worker too: a success answers
with its marks beside its result, a refusal carries them in its message. What a tool does is not changed.
"""

from __future__ import annotations

import ast
import math
import textwrap
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from gem_sim.canonical import Json
from gem_sim.compiler.function import Surroundings, compile_tool, parameter_names
from gem_sim.compiler.infer import infer_body
from gem_sim.environment import Environment
from gem_sim.tool import Tool

Kind = Literal["passed", "refused", "failed", "branch"]


class Site(NamedTuple):
    """A place of a body that a call can reach.

    `kind`: a `require` that *passed* or *refused*, a `fail` that was called (*failed*), or a *branch* that was
    entered. `line` counts from 1 in the body; `text` is the condition or the branch as it is written; `rule` is the
    reason where it is written out, None where it is computed.
    """

    tool: str
    line: int
    kind: Kind
    text: str
    rule: str | None = None

    def __str__(self) -> str:
        return f"{self.tool}, body line {self.line}: {self.text}"


class Seen(NamedTuple):
    """The operands that one comparison had, in order; None for what is no text and no number."""

    site: int
    operands: tuple[Any, ...]


class Told(NamedTuple):
    """What a probed call told: its result or the reason of its refusal, the sites it reached, what it compared."""

    content: Json
    refusal: str | None
    sites: tuple[int, ...]
    seen: tuple[Seen, ...]


class Probed(NamedTuple):
    """An environment whose stubs are probed, and the sites of them all."""

    environment: Environment
    sites: tuple[Site, ...]


# Operands that one comparison logs in one call; even, so that both of the last pair are.
_LOGGED = 24

_PRELUDE = """
import datetime as P_datetime
P_marks, P_seen, P_left = {}, [], P_SITES
def P_mark(site, value=None):
    P_marks[site] = 1
    return value
def P_fail(site, reason='The request cannot be carried out.'):
    P_marks[site] = 1
    if not isinstance(reason, str):
        fail(reason)
    fail(repr(['P', list(P_marks), P_seen, reason]))
def P_require(site, condition, reason='The request breaks a rule.'):
    if condition:
        P_marks[site] = 1
    else:
        P_fail(site + 1, reason)
def P_operand(site, position, value):
    P_left[site] = P_left[site] - 1
    if isinstance(value, (str, int, float)):
        P_seen.append((site, position, value if not isinstance(value, str) or len(value) < 200 else None))
    elif isinstance(value, P_datetime.date):
        P_seen.append((site, position, value.isoformat()))
    elif isinstance(value, (list, tuple, set)):
        P_seen.append((site, position, [item for item in list(value)[:20] if isinstance(item, (str, int, float))]))
    else:
        P_seen.append((site, position, None))
    return value
"""


def probed(environment: Environment, *, log: bool) -> Probed:
    """Return the environment with every stub probed; `log` says whether comparisons tell their operands.

    Raises:
        CompileError: If a body grows out of the dialect's bounds by it.
    """
    known = Surroundings(
        environment.constants,
        environment.rules,
        environment.entities,
        frozenset(environment.state),
        environment.sources,
    )
    sites: list[Site] = []
    stubs = {}
    for name, tool in environment.tools.items():
        names = parameter_names(tool, environment.constants)
        body = "\n".join(infer_body(tool, environment.entities, names) if tool.body is None else tool.body)
        probe = _Probe(name, body, len(sites), log=log)
        lines = tuple(ast.unparse(probe.tree()).split("\n"))
        stubs[name] = compile_tool(tool.model_copy(update={"body": lines}), known)
        sites += probe.sites
    return Probed(replace(environment, stubs=stubs), tuple(sites))


def told(content: Json, refusal: str | None, rules: Mapping[str, str]) -> Told:
    """Return what a probed stub's outcome says; one that carries no marks is taken as it is."""
    if refusal is None:
        if isinstance(content, dict) and {"P", "sites", "seen"} == content.keys():
            return Told(content["P"], None, _numbers(content["sites"]), tuple(_comparisons(content["seen"])))
        return Told(content, None, (), ())
    try:
        mark, sites, seen, reason = ast.literal_eval(refusal)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return Told(None, refusal, (), ())
    if mark != "P":
        return Told(None, refusal, (), ())
    rule = rules.get(reason)
    return Told(None, reason if rule is None else rule, _numbers(sites), tuple(_comparisons(seen)))


def _numbers(sites: Any) -> tuple[int, ...]:
    return tuple(site for site in sites if type(site) is int)


def _comparisons(seen: Any) -> Iterator[Seen]:
    """Yield the comparisons of a log in which each operand stands alone."""
    waiting: dict[int, list[Any]] = {}
    for site, position, value in seen:
        operands = waiting.get(site, [])
        if position == 0 or position != len(operands):
            operands = []
        if position == len(operands):
            operands = [*operands, value]
            if len(operands) > 1:
                yield Seen(site, tuple(operands[-2:]))
        waiting[site] = operands


class _Probe(ast.NodeTransformer):
    """Puts the marks into one body; its sites are numbered from `first`."""

    def __init__(self, tool: str, body: str, first: int, *, log: bool) -> None:
        self.tool, self.body, self.first, self.log = tool, body, first, log
        self.sites: list[Site] = []
        self.comparisons = 0
        self.prefix = "probe"
        while self.prefix in body:
            self.prefix += "x"
        self.depth = 0

    def tree(self) -> ast.Module:
        """Return the probed body."""
        module = ast.parse(self.body)
        end = [] if module.body and isinstance(module.body[-1], ast.Return) else [ast.Return(ast.Constant(None))]
        module.body = self._statements([*module.body, *end])
        logs = {self.first * 1000 + number: _LOGGED for number in range(self.comparisons)}
        prelude = ast.parse(_PRELUDE.replace("P_SITES", repr(logs)).replace("P_", f"{self.prefix}_"))
        module.body = [*prelude.body, *module.body]
        return ast.fix_missing_locations(module)

    def _site(self, node: ast.AST, kind: Kind, text: str, rule: str | None = None) -> int:
        self.sites.append(Site(self.tool, getattr(node, "lineno", 0), kind, textwrap.shorten(text, 120), rule))
        return self.first + len(self.sites) - 1

    def _call(self, function: str, *arguments: ast.expr) -> ast.Call:
        return ast.Call(ast.Name(f"{self.prefix}_{function}", ast.Load()), list(arguments), [])

    def _statements(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(statement) for statement in statements]

    def _branch(self, node: ast.AST, text: str, statements: list[ast.stmt]) -> list[ast.stmt]:
        mark = ast.Expr(self._call("mark", ast.Constant(self._site(node, "branch", text))))
        return [mark, *self._statements(statements)]

    def visit_If(self, node: ast.If) -> ast.If:
        text = ast.unparse(node.test)
        node.test = self.visit(node.test)
        node.body = self._branch(node, f"if {text}", node.body)
        node.orelse = self._branch(node, f"else of: if {text}", node.orelse)
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        text = f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
        node.iter = self.visit(node.iter)
        node.body = self._branch(node, text, node.body)
        node.orelse = self._statements(node.orelse)
        return node

    def visit_While(self, node: ast.While) -> ast.While:
        text = f"while {ast.unparse(node.test)}"
        node.test = self.visit(node.test)
        node.body = self._branch(node, text, node.body)
        node.orelse = self._statements(node.orelse)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        text = ast.unparse(node.test)
        chosen = self._site(node, "branch", f"… if {text}")
        other = self._site(node, "branch", f"… else of: if {text}")
        node.test = self.visit(node.test)
        node.body = self._call("mark", ast.Constant(chosen), self.visit(node.body))
        node.orelse = self._call("mark", ast.Constant(other), self.visit(node.orelse))
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        kind = "" if node.type is None else f" {ast.unparse(node.type)}"
        node.body = self._branch(node, f"except{kind}", node.body)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        text = f"case {ast.unparse(node.pattern)}"
        node.guard = None if node.guard is None else self.visit(node.guard)
        node.body = self._branch(node.pattern, text, node.body)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        site, self.comparisons = self.first * 1000 + self.comparisons, self.comparisons + 1
        if not self.log:
            return self.generic_visit(node)  # type: ignore[return-value]
        operands = [self.visit(operand) for operand in (node.left, *node.comparators)]
        number = ast.Constant(site)
        logged = [self._logged(number, i, operand) for i, operand in enumerate(operands)]
        node.left, node.comparators = logged[0], list(logged[1:])
        return node

    def _logged(self, number: ast.Constant, position: int, operand: ast.expr) -> ast.expr:
        """Return an operand that is logged while few have been: a loop over many rows must not pay for each."""
        left = ast.Subscript(ast.Name(f"{self.prefix}_left", ast.Load()), number, ast.Load())
        log = self._call("operand", number, ast.Constant(position), operand)
        return ast.IfExp(left, log, deepcopy(operand))

    def visit_Call(self, node: ast.Call) -> ast.Call:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        text = ast.unparse(node)
        node = self.generic_visit(node)  # type: ignore[assignment]
        if name not in ("require", "fail") or any(isinstance(argument, ast.Starred) for argument in node.args):
            return node
        rule = _written(node, 1 if name == "require" else 0)
        if name == "require":
            condition = text.removeprefix("require(").removesuffix(")")
            site = self._site(node, "passed", condition, rule)
            self._site(node, "refused", condition, rule)
        else:
            site = self._site(node, "failed", text, rule)
        node.func = ast.Name(f"{self.prefix}_{name}", ast.Load())
        node.args.insert(0, ast.Constant(site))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.depth += 1
        node.body = self._statements(node.body)
        self.depth -= 1
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        if self.depth:
            return self.generic_visit(node)  # type: ignore[return-value]
        value = ast.Constant(None) if node.value is None else self.visit(node.value)
        marks = ast.Call(ast.Name("list", ast.Load()), [ast.Name(f"{self.prefix}_marks", ast.Load())], [])
        names: list[ast.expr | None] = [ast.Constant(name) for name in ("P", "sites", "seen")]
        return ast.Return(ast.Dict(names, [value, marks, ast.Name(f"{self.prefix}_seen", ast.Load())]))


def _written(node: ast.Call, position: int) -> str | None:
    """Return the reason of a `require` or `fail` where it is a literal."""
    given = node.args[position] if len(node.args) > position else None
    given = next((keyword.value for keyword in node.keywords if keyword.arg == "reason"), given)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def finite(value: Any) -> bool:
    """Tell whether a logged operand is a text or a finite number."""
    return isinstance(value, str) or (isinstance(value, int | float) and math.isfinite(value))


def body_of(tool: Tool, environment: Environment) -> str:
    """Return a tool's body as text, the inferred one where it has none."""
    names = parameter_names(tool, environment.constants)
    return "\n".join(infer_body(tool, environment.entities, names) if tool.body is None else tool.body)
