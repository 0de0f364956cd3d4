"""What a tool's body does to the tables, read off its syntax tree without running it.

The body is interpreted on sketches of values: which tables and rows a value may be (so that a change of it is a
change of theirs), and what it was worked out from. Both branches of an `if` are taken, outer loops run twice,
local functions where they are called; where it cannot tell, it says more, not less.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from gem_sim.canonical import Json
from gem_sim.compiler.function import parameter_names
from gem_sim.compiler.infer import infer_body
from gem_sim.environment import Environment
from gem_sim.simulator.compare import error_key
from gem_sim.simulator.sketch import NOTHING, From, Ref, Scope, Sketch, item_of, joined, merge, rows_of
from gem_sim.tool import Tool

AccessKind = Literal["reads", "requires", "adds", "changes", "removes"]


class Access(NamedTuple):
    """One thing a body does with a table.

    `fields` are the row's fields that are changed, or that a requirement looks at (empty: the row as a whole);
    `line` counts from 1 in the body. For *requires*, `rule` is the rule or message of the refusal (None: none is
    written), and `arguments` are those that the requirement looks at.
    """

    table: str
    kind: AccessKind
    fields: tuple[str, ...]
    line: int
    rule: str | None = None
    arguments: tuple[str, ...] = ()


class Requirement(NamedTuple):
    """A condition under which a body refuses, with what it looks at; see `Access`."""

    line: int
    rule: str | None
    tables: dict[str, tuple[str, ...]]
    arguments: tuple[str, ...]


class Accesses(NamedTuple):
    """All that a body does with tables, and all its conditions, each in the order of its lines."""

    tables: tuple[Access, ...]
    requirements: tuple[Requirement, ...]


def accesses_of(tool: Tool, environment: Environment) -> Accesses:
    """Return what the tool's body, its own or the one inferred for it, does with the tables of the state."""
    names = parameter_names(tool, environment.constants)
    body = infer_body(tool, environment.entities, names) if tool.body is None else tool.body
    return accesses_in("\n".join(body), {name: argument for argument, name in names.items()})


def accesses_in(source: str, parameters: dict[str, str]) -> Accesses:
    """Return what a body does with the tables; `parameters` maps its parameters to the arguments' names."""
    reader = _Reader()
    scope = {name: Sketch(from_=frozenset({From(None, argument)})) for name, argument in parameters.items()}
    scope["state"] = Sketch(frozenset({Ref("state")}))
    reader.block(ast.parse(source).body, scope)
    return reader.accesses(source)


_DEEPEST = 6
# Local functions are followed for so many statements; a body written to take for ever is not.
_MOST_STATEMENTS = 20_000
_GROWERS = frozenset({"append", "add", "extend", "insert", "appendleft"})
_ROW_CHANGERS = _GROWERS | {"pop", "popitem", "clear", "update", "setdefault", "remove", "sort", "reverse", "discard"}
_SAME_ITEMS = frozenset(
    {"list", "sorted", "tuple", "reversed", "set", "frozenset", "enumerate", "zip", "filter", "map", "deque"}
)
_ONE_ITEM = frozenset({"min", "max"})
_RULE_ABOVE = re.compile(r"^\s*#\s*([A-Z]{1,3}\d+)\b")


class _Reader:
    """Walks a body and notes what it sees."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, AccessKind], tuple[set[str], int]] = {}
        self._whole: set[tuple[str, AccessKind]] = set()
        self._required: dict[tuple[int, str | None], set[From]] = {}
        self._functions: dict[str, ast.FunctionDef] = {}
        self._returned: list[Sketch] = []
        self._control: list[frozenset[From]] = []
        self._copied: dict[str, set[str]] = {}
        self._calling: list[str] = []
        self._loops = 0
        self._walked = 0

    def accesses(self, source: str) -> Accesses:
        """Return what was noted, by line."""
        found = [
            Access(table, kind, () if (table, kind) in self._whole else tuple(sorted(fields)), line)
            for (table, kind), (fields, line) in self._noted.items()
        ]
        requirements = []
        noted = {n: m[1] for n, text in enumerate(source.splitlines(), start=1) if (m := _RULE_ABOVE.match(text))}
        for (line, said), origins in sorted(self._required.items(), key=lambda item: (item[0][0], item[0][1] or "")):
            # An error that is returned names no rule; a comment above it may. It speaks for the next refusal only.
            above = [number for number in noted if number < line] if said is None else []
            rule = noted[max(above)] if above else said
            noted = {number: name for number, name in noted.items() if number > line}
            arguments = tuple(sorted(name for table, name in origins if table is None))
            tables = {
                table: tuple(sorted(o.name for o in origins if o.table == table and o.name))
                for table in sorted({o.table for o in origins if o.table is not None})
            }
            requirements.append(Requirement(line, rule, tables, arguments))
            found += [Access(table, "requires", fields, line, rule, arguments) for table, fields in tables.items()]
        return Accesses(tuple(sorted(found, key=lambda a: (a.line, a.table, a.kind))), tuple(requirements))

    def _note(self, table: str, kind: AccessKind, node: ast.AST, fields: Iterable[str] = ()) -> None:
        known, line = self._noted.setdefault((table, kind), (set(), getattr(node, "lineno", 1)))
        names = set(fields)
        known |= names
        self._noted[table, kind] = (known, min(line, getattr(node, "lineno", 1)))
        if not names:
            self._whole.add((table, kind))

    def _require(self, node: ast.AST, rule: ast.expr | None, origins: frozenset[From]) -> None:
        name = rule.value if isinstance(rule, ast.Constant) and isinstance(rule.value, str) else None
        self._required.setdefault((getattr(node, "lineno", 1), name), set()).update(origins)

    def _under(self) -> frozenset[From]:
        """Return what decides whether the present statement is reached."""
        return frozenset().union(*self._control)

    # Statements.

    def block(self, statements: Sequence[ast.stmt], scope: Scope) -> None:
        """Walk statements in order; `scope` is changed as they change it."""
        pushed = 0
        self._walked += len(statements)
        for statement in statements:
            decided = self._statement(statement, scope)
            # What stands after `for …: if …: return` is reached only where the loop found nothing.
            leaves = isinstance(statement, ast.For | ast.While) and any(
                isinstance(node, ast.Return) for node in ast.walk(statement)
            )
            if leaves:
                self._control.append(decided)
                pushed += 1
        del self._control[len(self._control) - pushed :]

    def _statement(self, node: ast.stmt, scope: Scope) -> frozenset[From]:
        """Walk one statement; return what it decides by, where it may leave."""
        match node:
            case ast.FunctionDef():
                self._functions[node.name] = node
            case ast.ClassDef():
                for method in (part for part in node.body if isinstance(part, ast.FunctionDef)):
                    self.block(method.body, dict(scope))
            case ast.Assign():
                value = self._value(node.value, scope)
                for target in node.targets:
                    self._bind(target, value, scope, node.value)
            case ast.AnnAssign() | ast.AugAssign():
                value = NOTHING if node.value is None else self._value(node.value, scope)
                if isinstance(node, ast.AugAssign):
                    value = joined([value, self._value(node.target, scope)])
                self._bind(node.target, value, scope, node.value)
            case ast.For() | ast.While() | ast.If() | ast.Match() | ast.Try():
                return self._branching(node, scope)
            case ast.Return():
                value = NOTHING if node.value is None else self._value(node.value, scope)
                self._returned.append(Sketch(value.refs, value.from_ | self._under()))
                if _tells_error(node.value):
                    self._require(node, None, self._under())
            case ast.Delete():
                for target in node.targets:
                    self._delete(target, scope)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._value(child, scope)
        return frozenset()

    def _branching(self, node: ast.For | ast.While | ast.If | ast.Match | ast.Try, scope: Scope) -> frozenset[From]:
        if isinstance(node, ast.Try):
            for part in (node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody):
                branch = dict(scope)
                self.block(part, branch)
                merge(scope, [branch])
            return frozenset()
        decided = self._value(
            node.iter if isinstance(node, ast.For) else node.subject if isinstance(node, ast.Match) else node.test,
            scope,
        )
        inner = [] if isinstance(node, ast.Match) else [node.body, node.orelse]
        if isinstance(node, ast.Match):
            for case in node.cases:
                for pattern in ast.walk(case.pattern):
                    name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                    if isinstance(name, str):
                        scope[name] = item_of(decided)
            inner = [case.body for case in node.cases]
        origins = decided.from_
        self._control.append(origins)
        loops = isinstance(node, ast.For | ast.While)
        self._loops += loops
        for _ in range(2 if loops and self._loops == 1 else 1):
            if isinstance(node, ast.For):
                self._bind(node.target, item_of(decided), scope, None)
            branches = [dict(scope) for _ in inner]
            for statements, branch in zip(inner, branches, strict=True):
                self.block(statements, branch)
            if isinstance(node, ast.If):
                scope.clear()
            merge(scope, branches)
        self._control.pop()
        self._loops -= loops
        for test in (part.test for part in ast.walk(node) if isinstance(part, ast.If) and part is not node):
            origins |= self._value(test, scope).from_
        return origins

    def _bind(self, target: ast.expr, value: Sketch, scope: Scope, source: ast.expr | None) -> None:
        match target:
            case ast.Name():
                scope[target.id] = Sketch(value.refs, value.from_ | self._under())
            case ast.Tuple() | ast.List():
                pairs = source.elts if isinstance(source, ast.Tuple) and len(source.elts) == len(target.elts) else None
                for index, part in enumerate(target.elts):
                    item = joined([value, item_of(value)]) if pairs is None else self._value(pairs[index], scope)
                    self._bind(part, item, scope, None if pairs is None else pairs[index])
            case ast.Starred():
                self._bind(target.value, rows_of(value), scope, None)
            case ast.Subscript():
                self._store(target, value, scope, source)
            case ast.Attribute():
                self._value(target.value, scope)

    def _store(self, target: ast.Subscript, value: Sketch, scope: Scope, source: ast.expr | None) -> None:
        base, key = self._base(target.value, scope), self._value(target.slice, scope)
        field = _text(target.slice)
        for ref in base.refs:
            if ref.kind == "table":
                new = any(other.kind == "new" for other in key.refs)
                same = any(other.kind in ("row", "copy") and other.table == ref.table for other in value.refs)
                if same and not new:
                    keys = source.keys if isinstance(source, ast.Dict) else []
                    fields = {_text(key) for key in keys if key is not None} | self._copied.get(ref.table, set())
                    self._note(ref.table, "changes", target, fields - {""})
                else:
                    self._note(ref.table, "adds", target)
            elif ref.kind == "row":
                self._note(ref.table, "changes", target, [name for name in (ref.field or field,) if name])
            elif ref.kind == "copy" and field:
                self._copied.setdefault(ref.table, set()).add(field)

    def _delete(self, target: ast.expr, scope: Scope) -> None:
        if not isinstance(target, ast.Subscript):
            return
        self._value(target.slice, scope)
        for ref in self._base(target.value, scope).refs:
            if ref.kind == "table":
                self._note(ref.table, "removes", target)
            elif ref.kind == "row":
                self._note(ref.table, "changes", target, [n for n in (ref.field or _text(target.slice),) if n])

    # Expressions.

    def _base(self, node: ast.expr, scope: Scope) -> Sketch:
        """Return the value whose part is stored or deleted: a table that is only written to is not read."""
        table = self._table(node, scope)
        return self._value(node, scope) if table is None else Sketch(frozenset({Ref("table", table)}))

    def _table(self, node: ast.expr, scope: Scope) -> str | None:
        """Return the table that `state.loans` or `state['loans']` names, None for any other expression."""
        if not isinstance(node, ast.Attribute | ast.Subscript) or not isinstance(node.value, ast.Name):
            return None
        if Ref("state") not in scope.get(node.value.id, NOTHING).refs:
            return None
        return node.attr if isinstance(node, ast.Attribute) else _text(node.slice) or None

    def _value(self, node: ast.expr, scope: Scope) -> Sketch:
        table = self._table(node, scope)
        if table is not None:
            self._note(table, "reads", node)
            return Sketch(frozenset({Ref("table", table)}), frozenset({From(table)}))
        match node:
            case ast.Name():
                return scope.get(node.id, NOTHING)
            case ast.Subscript():
                return self._part(self._value(node.value, scope), node.slice, self._value(node.slice, scope))
            case ast.Call():
                return self._call(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, scope)
            case ast.IfExp():
                test = self._value(node.test, scope)
                value = joined([self._value(node.body, scope), self._value(node.orelse, scope)])
                return Sketch(value.refs, value.from_ | test.from_)
            case ast.BoolOp():
                return joined(self._value(part, scope) for part in node.values)
            case ast.NamedExpr():
                value = self._value(node.value, scope)
                self._bind(node.target, value, scope, node.value)
                return value
            case ast.List() | ast.Tuple() | ast.Set():
                return joined(rows_of(self._value(part, scope)) for part in node.elts)
            case ast.Starred():
                return self._value(node.value, scope)
            case ast.Dict():
                return self._dict(node, scope)
            case ast.Lambda():
                return self._value(node.body, dict(scope))
        parts = [self._value(child, scope) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return Sketch(frozenset(), joined(parts).from_)

    def _part(self, base: Sketch, key: ast.expr | None, key_value: Sketch) -> Sketch:
        """Return what `base[key]` may be; a key that is no text (None: unknown) reaches any part."""
        field = "" if key is None else _text(key)
        refs, from_ = set[Ref](), set(base.from_ | key_value.from_)
        for ref in base.refs:
            if ref.kind == "table":
                refs.add(Ref("row", ref.table))
            elif ref.kind in ("row", "copy"):
                refs.add(Ref("row", ref.table, ref.field or field))
                from_ |= {From(ref.table, field)} if field and not ref.field else set()
            elif ref.kind in ("rows", "tables"):
                refs |= {ref} if isinstance(key, ast.Slice) else item_of(Sketch(frozenset({ref}))).refs
        return Sketch(frozenset(refs), frozenset(from_))

    def _dict(self, node: ast.Dict, scope: Scope) -> Sketch:
        values = [self._value(part, scope) for part in node.values]
        keys = [self._value(key, scope) for key in node.keys if key is not None]
        spread = [value for key, value in zip(node.keys, values, strict=True) if key is None]
        copies = {Ref("copy", ref.table) for value in spread for ref in value.refs if ref.kind in ("row", "copy")}
        kept = joined(rows_of(value) for key, value in zip(node.keys, values, strict=True) if key is not None)
        return Sketch(kept.refs | copies, joined([*values, *keys]).from_)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope
    ) -> Sketch:
        inner = dict(scope)
        from_ = frozenset[From]()
        for clause in node.generators:
            source = self._value(clause.iter, inner)
            self._bind(clause.target, item_of(source), inner, None)
            tests = [self._value(test, inner) for test in clause.ifs]
            from_ |= joined([source, *tests]).from_
        if isinstance(node, ast.DictComp):
            made = rows_of(self._value(node.value, inner))
            from_ |= self._value(node.key, inner).from_
        else:
            made = rows_of(self._value(node.elt, inner))
        return Sketch(made.refs, made.from_ | from_)

    def _call(self, node: ast.Call, scope: Scope) -> Sketch:
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func, scope)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        lambdas = [part for part in (*node.args, *(k.value for k in node.keywords)) if isinstance(part, ast.Lambda)]
        plain = [part for part in node.args if not isinstance(part, ast.Lambda)]
        values = [self._value(part, scope) for part in plain]
        named = {k.arg: self._value(k.value, scope) for k in node.keywords if not isinstance(k.value, ast.Lambda)}
        given = joined([*values, *named.values()])
        for function in lambdas:
            bound = {argument.arg: item_of(given) for argument in function.args.args}
            given = Sketch(given.refs, given.from_ | self._value(function.body, {**scope, **bound}).from_)
        if name in ("require", "fail"):
            reasons = node.args[1:] if name == "require" else node.args
            rule = reasons[0] if reasons else None
            tested = values[0].from_ if name == "require" and values else frozenset()
            self._require(node, rule, tested | self._under())
            return NOTHING
        if name == "new_id":
            return Sketch(frozenset({Ref("new", _text(node.args[0]) if node.args else "")}))
        if name in self._functions:
            return self._local(self._functions[name], values, named, scope)
        if name in _SAME_ITEMS:
            refs = {ref for ref in rows_of(given).refs if Ref("table", ref.table) not in given.refs}
            return Sketch(frozenset(refs), given.from_)
        if name in _ONE_ITEM:
            return item_of(given)
        if name == "dict":
            return Sketch(
                frozenset(Ref("copy", ref.table) for ref in given.refs if ref.kind in ("row", "copy"))
                | frozenset(Ref("rows", ref.table) for ref in given.refs if ref.kind == "table"),
                given.from_,
            )
        return Sketch(frozenset(), given.from_)

    def _method(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> Sketch:
        base = self._value(function.value, scope)
        values = [self._value(part, scope) for part in (*node.args, *(k.value for k in node.keywords))]
        name = function.attr
        from_ = joined([base, *values]).from_
        for ref in base.refs:
            if ref.kind == "table" and name in ("pop", "popitem", "clear"):
                self._note(ref.table, "removes", node)
            elif ref.kind == "table" and name in ("update", "setdefault"):
                self._note(ref.table, "adds", node)
            elif ref.kind == "row" and name in _ROW_CHANGERS:
                first = _text(node.args[0]) if node.args and name in ("pop", "setdefault") else ""
                self._note(ref.table, "changes", node, [n for n in (ref.field or first,) if n])
        if name in ("get", "pop", "setdefault", "popitem"):
            part = self._part(base, node.args[0] if node.args else None, values[0] if values else NOTHING)
            return Sketch(joined([part, *values[1:]]).refs, part.from_ | from_)
        if name in ("values", "items"):
            refs = {Ref("rows", ref.table, ref.field) for ref in base.refs if ref.kind in ("table", "row", "rows")}
            return Sketch(frozenset(refs), from_)
        if name == "copy":
            kinds: dict[str, Literal["rows", "copy"]] = {"table": "rows", "rows": "rows", "row": "copy", "copy": "copy"}
            return Sketch(frozenset(Ref(kinds[r.kind], r.table) for r in base.refs if r.kind in kinds), from_)
        if name in _GROWERS and isinstance(function.value, ast.Name):
            grown = joined([base, *(rows_of(value) for value in values)])
            scope[function.value.id] = Sketch(grown.refs, grown.from_ | self._under())
        return Sketch(frozenset(), from_)

    def _local(
        self, function: ast.FunctionDef, values: Sequence[Sketch], named: dict[str | None, Sketch], scope: Scope
    ) -> Sketch:
        if function.name in self._calling or len(self._calling) >= _DEEPEST or self._walked > _MOST_STATEMENTS:
            return joined([*values, *named.values()])
        inner = dict(scope)
        for argument, value in zip(function.args.args, values, strict=False):
            inner[argument.arg] = value
        inner.update({name: value for name, value in named.items() if name is not None})
        outer, self._returned = self._returned, []
        self._calling.append(function.name)
        self.block(function.body, inner)
        self._calling.pop()
        returned, self._returned = joined(self._returned), outer
        return returned


def _text(node: ast.expr) -> str:
    """Return the text of a literal, empty for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _tells_error(node: ast.expr | None) -> bool:
    """Tell whether what is returned is an object that reports an error: a refusal by another name."""
    if not isinstance(node, ast.Dict):
        return False
    told: dict[str, Json] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        literal = value.value if isinstance(value, ast.Constant) else "…" if isinstance(value, ast.JoinedStr) else None
        if key is not None and isinstance(literal, str | bool | None):
            told[_text(key)] = literal
    return error_key(told) is not None
