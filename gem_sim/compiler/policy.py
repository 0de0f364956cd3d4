"""The policy: which Python a body may be, decided when it is compiled.

Default deny on RestrictedPython's visitor: every node goes through the table of `dialect.NODES`, every name and
attribute through the lists there. What a value decides is left to guards of the sandbox, whose names begin with an
underscore and so cannot be written in a body.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any, Final

from RestrictedPython.transformer import RestrictingNodeTransformer

from gem_sim.compiler.bindings import INNER_ATTRIBUTES, Own, bound_names, own_names
from gem_sim.compiler.cost import cannot_grow, entry_guard, outermost_guard, size_of
from gem_sim.compiler.dialect import (
    ATTRIBUTES,
    BUILTINS,
    CURES,
    EXCEPTIONS,
    LAZY,
    METHODS_HANDED_ON,
    METHODS_PAID,
    METHODS_SHORT,
    MODULES,
    NODES,
    TYPES,
)
from gem_sim.compiler.nodes import placed, walk
from gem_sim.compiler.parsing import finally_faults, finished
from gem_sim.errors import CompileError, Fault

MAX_TEXT: Final = 20_000
MAX_BITS: Final = 512
# A turn that takes an item each from no more than so many places costs no more than a turn.
_FEW: Final = 8
# A turn of more nodes than this pays for them besides.
_LONG_TURN: Final = 200

_OPERATORS: Final = {
    ast.Add: "+",
    ast.Mult: "*",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.BitXor: "^",
    ast.Sub: "-",
}


_FAST: Final = {"+": "_add_", "-": "_minus_", "*": "_times_", "%": "_modulo_"}
# What runs through its argument at once and keeps nothing of it; anywhere else a generator becomes a list.
_CONSUMERS: Final = frozenset(
    ("all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple")
)


class Policy(RestrictingNodeTransformer):
    """One visit of one body; collects every fault and rewrites what needs a guard."""

    def __init__(self, tool: str, known: frozenset[str], fixed: frozenset[str], own: Own) -> None:
        super().__init__([], [], {})
        self.tool, self.known, self.fixed, self.own = tool, known, fixed, own
        self.faults: list[Fault] = []
        self.called: set[int] = set()
        self.consumed: set[int] = set()
        # How many functions the node that is visited stands in; the outermost runs once.
        self.functions = 0

    def fault(self, node: Any, message: str, cure: str) -> None:
        """Note a fault at a node."""
        place = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
        self.faults.append(Fault(self.tool, *place, message, cure))

    def visit(self, node: ast.AST) -> Any:
        """Visit a node by its line of the policy table; what has none is refused."""
        name = type(node).__name__
        rule = NODES.get(name)
        if rule is None or rule.fate == "refused":
            self.fault(node, f"{name} is not part of the dialect", rule.note if rule else "write it another way")
            return node
        if rule.fate == "allowed":
            return self.node_contents_visit(node)
        handler: Callable[[Any], Any] = getattr(self, f"guard_{name}", self.node_contents_visit)
        return handler(node)

    def guard_Name(self, node: ast.Name) -> ast.AST:
        name = node.id
        if name.startswith("_") and name != "_":
            self.fault(node, f"the name {name!r} begins with an underscore", "choose another name")
        elif isinstance(node.ctx, ast.Load) and name not in self.known:
            self.fault(
                node, f"the name {name!r} is not known", CURES.get(name, "define it, or use a name of the dialect")
            )
        elif not isinstance(node.ctx, ast.Load) and name in self.fixed:
            self.fault(node, f"the name {name!r} belongs to the dialect", "choose another name")
        return node

    def _bound(self, node: Any, name: str | None) -> None:
        if name is not None and name != "_" and (name.startswith("_") or name in self.fixed):
            self.fault(node, f"the name {name!r} belongs to the dialect", "choose another name")

    def guard_arg(self, node: ast.arg) -> Any:
        if node.arg != "state":
            self._bound(node, node.arg)
        node.annotation = None
        return node

    def guard_MatchAs(self, node: ast.MatchAs) -> Any:
        self._bound(node, node.name)
        return self.node_contents_visit(node)

    def guard_MatchValue(self, node: ast.MatchValue) -> Any:
        value = node.value.operand if isinstance(node.value, ast.UnaryOp) else node.value
        if not isinstance(value, ast.Constant):
            self.fault(node, "a pattern compares with something computed", "use literals in `case`")
        return node

    def guard_Attribute(self, node: ast.Attribute) -> Any:
        name = node.attr
        on_state = isinstance(node.value, ast.Name) and node.value.id == "state"
        if name.startswith("_"):
            self.fault(node, f"the attribute {name!r} begins with an underscore", "use fields of rows: row['field']")
        elif name not in ATTRIBUTES and (name in INNER_ATTRIBUTES or name not in self.own.attributes):
            cure = f"fields of rows are read as row['{name}']; see the list of attributes"
            if name in self.own.attributes:
                cure = f"write state['{name}'], or choose another name"
            self.fault(node, f"the attribute {name!r} is not part of the dialect", CURES.get(name, cure))
        elif name in METHODS_PAID - METHODS_HANDED_ON and id(node) not in self.called:
            self.fault(node, f"the method {name!r} is not called where it is named", f"call it: x.{name}(...)")
        elif isinstance(node.ctx, ast.Del) or (isinstance(node.ctx, ast.Store) and (on_state or name == "args")):
            self.fault(node, f"the attribute {name!r} is set or removed", "set fields of rows: row['field'] = value")
        node = self.node_contents_visit(node)
        if isinstance(node.ctx, ast.Store):
            node.value = placed(node.value, _guard("_own_", node.value))
        return node

    def guard_Constant(self, node: ast.Constant) -> Any:
        value = node.value
        if isinstance(value, str) and len(value) > MAX_TEXT:
            self.fault(node, f"a text of more than {MAX_TEXT} characters", "keep long texts in the state")
        elif isinstance(value, int) and value.bit_length() > MAX_BITS:
            self.fault(node, f"an integer of more than {MAX_BITS} bits", "use a smaller number")
        elif not isinstance(value, str | int | float | None):
            self.fault(node, f"a constant of type {type(value).__name__}", "use text, numbers, True, False or None")
        return node

    def guard_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if not (node.name == "__init__" and id(node) in self.own.initialisers):
            self._bound(node, node.name)
        for decorator in node.decorator_list:
            self.fault(decorator, "a decorator", "call the function where it is needed")
        node.returns, node.decorator_list = None, []
        if getattr(node, "type_params", None):
            self.fault(node, "type parameters", "leave them out")
        entry = entry_guard(node) if self.functions else outermost_guard(node)
        self.functions += 1
        node = self.node_contents_visit(node)
        self.functions -= 1
        return self._with_tick(node, entry, weigh=self.functions > 0)

    def guard_ClassDef(self, node: ast.ClassDef) -> Any:
        self._bound(node, node.name)
        for decorator in node.decorator_list:
            self.fault(decorator, "a decorator", "write `__init__` and the methods themselves")
        if node.keywords or getattr(node, "type_params", None):
            self.fault(node, "a class with keywords or type parameters", "leave them out")
        for base in node.bases:
            if not (isinstance(base, ast.Name) and base.id in {*EXCEPTIONS, *self.own.classes}):
                self.fault(base, "the base of a class", "build on an exception, on a class of the body, or on nothing")
        for statement in node.body:
            if not isinstance(statement, ast.FunctionDef | ast.Assign | ast.AnnAssign | ast.Pass | ast.Expr):
                self.fault(statement, f"{type(statement).__name__} in a class", "put methods and fields there only")
        return self.node_contents_visit(node)

    def guard_For(self, node: ast.For) -> Any:
        return self._each(self._with_weight(self.node_contents_visit(node)))

    def guard_While(self, node: ast.While) -> Any:
        return self._with_tick(self.node_contents_visit(node))

    def _with_tick(self, node: Any, guard: str = "_tick_", *, weigh: bool = True) -> Any:
        first = node.body[0]
        if weigh:
            node = self._with_weight(node)
        node.body.insert(0, placed(first, ast.Expr(_guard(guard))))
        return node

    def _with_weight(self, node: Any) -> Any:
        size = size_of(node.body)
        if size > _LONG_TURN:
            node.body.insert(0, placed(node.body[0], ast.Expr(_weight(size))))
        return node

    def guard_Lambda(self, node: ast.Lambda) -> Any:
        entry = entry_guard(node)
        node = self.node_contents_visit(node)
        size = size_of([node.body])
        test: ast.expr = _guard(entry)
        if size > _LONG_TURN:
            test = ast.BoolOp(ast.And(), [test, _weight(size)])
        node.body = placed(node.body, ast.IfExp(test, node.body, ast.Constant(None)))
        return node

    def guard_Assign(self, node: ast.Assign) -> Any:
        node = self.node_contents_visit(node)
        for target in node.targets:
            node.value = self._taken_apart(target, node.value)
        return node

    def _taken_apart(self, target: ast.expr, value: ast.expr, take: str = "_spread_", deep: str = "_matched_") -> Any:
        """Return what is assigned to a target, guarded where the target takes in all of it at once."""
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
            return placed(value, _guard(take, value))
        parts = walk(target)
        if any(isinstance(part, ast.Slice) for part in parts):
            self.fault(target, "a slice among the targets of an assignment", "assign to it on a line of its own")
        if not any(isinstance(part, ast.Starred) for part in parts):
            return value
        flat = isinstance(target, ast.Tuple | ast.List) and not any(
            isinstance(part, ast.Tuple | ast.List) for part in parts[1:]
        )
        return placed(value, _guard(take if flat else deep, value))

    def guard_Dict(self, node: ast.Dict) -> Any:
        node = self.node_contents_visit(node)
        pairs = zip(node.keys, node.values, strict=True)
        node.values = [value if key is not None else placed(value, _guard("_spread_", value)) for key, value in pairs]
        return node

    def guard_keyword(self, node: ast.keyword) -> Any:
        node = self.node_contents_visit(node)
        if node.arg is None:
            node.value = placed(node.value, _guard("_spread_", node.value))
        elif node.arg.startswith("_"):
            self.fault(node.value, f"the argument {node.arg!r} begins with an underscore", "choose another name")
        return node

    def guard_Subscript(self, node: ast.Subscript) -> Any:
        node = self.node_contents_visit(node)
        if not (isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load)):
            return node
        parts = (part or ast.Constant(None) for part in (node.slice.lower, node.slice.upper, node.slice.step))
        return placed(node, _guard("_cut_", node.value, *parts))

    def guard_comprehension(self, node: ast.comprehension) -> Any:
        if node.is_async:
            self.fault(node.target, "an asynchronous comprehension", "write a plain `for`")
        return self._each(self.node_contents_visit(node))

    def _each(self, loop: Any) -> Any:
        """Count the turns of a loop, and guard what it runs through where its target takes in more than an item a turn.

        The turns are counted in C: an item is handed out together with a turn.
        """
        if any(isinstance(part, ast.Slice) for part in walk(loop.target)):
            self.fault(loop.target, "a slice as the target of a loop", "give the item a name and assign it then")
        plain, loop.iter = loop.iter, self._taken_apart(loop.target, loop.iter, "_each_", "_each_matched_")
        if loop.iter is plain:
            loop = _lazily(loop)
        turns = ast.Name("_turns_", ast.Load())
        loop.iter = placed(loop.iter, _guard("_counted_", loop.iter, turns))
        return loop

    def _element(self, node: Any, element: ast.expr) -> None:
        """Let a comprehension with a long element pay for it each turn."""
        size = size_of([element])
        if size > _LONG_TURN:
            node.generators[-1].ifs.append(placed(element, _weight(size)))

    def guard_ListComp(self, node: ast.ListComp) -> Any:
        node = self.node_contents_visit(node)
        self._element(node, node.elt)
        return node

    def guard_DictComp(self, node: ast.DictComp) -> Any:
        node = self.node_contents_visit(node)
        self._element(node, ast.Tuple([node.key, node.value], ast.Load()))
        return node

    def guard_GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        consumed = id(node) in self.consumed
        node = self.node_contents_visit(node)
        self._element(node, node.elt)
        return node if consumed else placed(node, ast.ListComp(node.elt, node.generators))

    def guard_Set(self, node: ast.Set) -> Any:
        elements = [self.visit(element) for element in node.elts]
        return placed(node, _guard("_set_of_", ast.List(elements, ast.Load())))

    def guard_SetComp(self, node: ast.SetComp) -> Any:
        return placed(
            node, _guard("_set_of_", self.guard_ListComp(placed(node, ast.ListComp(node.elt, node.generators))))
        )

    def guard_BinOp(self, node: ast.BinOp) -> Any:
        node = self.node_contents_visit(node)
        operator = _OPERATORS.get(type(node.op))
        if operator is None or cannot_grow(operator, node.left, node.right):
            return node
        if operator in _FAST:
            return placed(node, _guard(_FAST[operator], node.left, node.right))
        return placed(node, _guard("_operate_", ast.Constant(operator), node.left, node.right))

    def guard_AugAssign(self, node: ast.AugAssign) -> Any:
        node = self.node_contents_visit(node)
        operator = _OPERATORS.get(type(node.op))
        if operator is None or cannot_grow(operator, node.value):
            return node
        constant = ast.Constant(f"{operator}=")
        if isinstance(node.target, ast.Name):
            old = ast.Name(node.target.id, ast.Load())
            value = _guard("_operate_", constant, old, node.value)
            if operator == "+":
                value = _guard("_add_to_", old, node.value)
            elif operator == "-":
                value = _guard("_minus_", old, node.value)
            return placed(node, ast.Assign([node.target], value))
        if isinstance(node.target, ast.Attribute):
            return self._augmented_attribute(node, constant)
        if isinstance(node.target.slice, ast.Slice):
            self.fault(node, "a slice is changed in place", "build a new list")
        return placed(
            node, ast.Expr(_guard("_operate_at_", constant, node.target.value, node.target.slice, node.value))
        )

    def _augmented_attribute(self, node: ast.AugAssign, constant: ast.Constant) -> Any:
        owner = node.target.value  # type: ignore[union-attr]
        inner = owner.args[0] if isinstance(owner, ast.Call) and owner.args else owner
        if not isinstance(inner, ast.Name):
            self.fault(node, "an attribute of something computed is changed in place", "give it a name first")
            return node
        name = node.target.attr  # type: ignore[union-attr]
        old = ast.Attribute(ast.Name(inner.id, ast.Load()), name, ast.Load())
        return placed(node, ast.Assign([node.target], _guard("_operate_", constant, old, node.value)))

    def guard_Starred(self, node: ast.Starred) -> Any:
        node = self.node_contents_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = placed(node, _guard("_spread_", node.value))
        return node

    def guard_Call(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Attribute):
            self.called.add(id(node.func))
        elif isinstance(node.func, ast.Name) and node.func.id in _CONSUMERS and node.args:
            self.consumed.add(id(node.args[0]))
        node = self.node_contents_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in TYPES:
            node.func.id = f"_{node.func.id}_"
        elif isinstance(node.func, ast.Attribute) and node.func.attr in METHODS_SHORT:
            node.func.value = placed(node.func.value, _guard("_text_", node.func.value))
        elif isinstance(node.func, ast.Attribute) and node.func.attr in METHODS_PAID:
            method = ast.Constant(node.func.attr)
            arguments = [method, node.func.value, *node.args]
            return placed(node, ast.Call(ast.Name("_method_", ast.Load()), arguments, node.keywords))
        return node

    def guard_Match(self, node: ast.Match) -> Any:
        patterns = walk(*(case.pattern for case in node.cases))
        node = self.node_contents_visit(node)
        if any(isinstance(part, ast.MatchStar) for part in patterns):
            node.subject = placed(node.subject, _guard("_matched_", node.subject))
        return node

    def guard_Delete(self, node: ast.Delete) -> Any:
        node = self.node_contents_visit(node)
        paid = []
        for target in node.targets:
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
                if not isinstance(target.value, ast.Name):
                    self.fault(target, "a slice of something computed is removed", "give it a name first")
                else:
                    paid.append(placed(node, ast.Expr(_guard("_spread_", ast.Name(target.value.id, ast.Load())))))
        return [*paid, node]

    def guard_MatchStar(self, node: ast.MatchStar) -> Any:
        self._bound(node, node.name)
        return node

    def guard_MatchMapping(self, node: ast.MatchMapping) -> Any:
        self._bound(node, node.rest)
        return self.node_contents_visit(node)

    def guard_FormattedValue(self, node: ast.FormattedValue) -> Any:
        node = self.node_contents_visit(node)
        if node.format_spec is not None or node.conversion != -1:
            spec = node.format_spec or ast.Constant("")
            value = _guard("_format_", node.value, ast.Constant(node.conversion), spec)
            return placed(node, ast.FormattedValue(value, -1, None))
        node.value = placed(node.value, _guard("_shown_", node.value))
        return node

    def guard_Try(self, node: ast.Try) -> Any:
        for fault in finally_faults(node):
            self.fault(*fault)
        return self.node_contents_visit(node)

    def guard_ExceptHandler(self, node: ast.ExceptHandler) -> Any:
        self._bound(node, node.name)
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        for kind in kinds:
            if not (isinstance(kind, ast.Name) and kind.id in {*EXCEPTIONS, *self.own.classes}):
                self.fault(node, "the handler names no ordinary exception", "name one, such as KeyError or ValueError")
        return self._with_tick(self.node_contents_visit(node), "_caught_")

    def guard_Import(self, node: ast.Import) -> Any:
        made = []
        for alias in node.names:
            self._bound(node, alias.asname)
            if alias.name not in MODULES:
                self._refuse_import(node, alias.name)
            module = ast.Subscript(ast.Name("_modules_", ast.Load()), ast.Constant(alias.name), ast.Load())
            made.append(placed(node, ast.Assign([ast.Name(alias.asname or alias.name, ast.Store())], module)))
        return made

    def guard_ImportFrom(self, node: ast.ImportFrom) -> Any:
        made = []
        for alias in node.names:
            self._bound(node, alias.asname or alias.name)
            if node.level or node.module not in MODULES:
                self._refuse_import(node, node.module or ".")
            elif alias.name not in MODULES[node.module]:
                cure = f"it has {', '.join(MODULES[node.module])}"
                self.fault(node, f"{node.module!r} has no {alias.name!r} in the dialect", cure)
            module = ast.Subscript(ast.Name("_modules_", ast.Load()), ast.Constant(node.module), ast.Load())
            value = ast.Attribute(module, alias.name, ast.Load())
            made.append(placed(node, ast.Assign([ast.Name(alias.asname or alias.name, ast.Store())], value)))
        return made

    def _refuse_import(self, node: ast.AST, module: str) -> None:
        cure = CURES.get(module.split(".", maxsplit=1)[0], f"only {', '.join(MODULES)} can be imported")
        self.fault(node, f"{module!r} cannot be imported", cure)

    def guard_AnnAssign(self, node: ast.AnnAssign) -> Any:
        node.annotation = ast.Constant(None)
        node = self.node_contents_visit(node)
        if node.value is not None:
            node.value = self._taken_apart(node.target, node.value)
        return node


def _guard(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _weight(size: int) -> ast.Call:
    return _guard("_weight_", ast.Constant(size // 20))


def _lazily(loop: Any) -> Any:
    """Let `enumerate` and its like be lazy where a loop runs through them and pays by the turn."""
    call = loop.iter
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in LAZY):
        return loop
    if len(call.args) <= _FEW and not any(isinstance(part, ast.Starred) for part in call.args):
        call.func.id = f"_lazy_{call.func.id}_"
    return loop


def restrict(
    tree: ast.Module,
    *,
    tool: str,
    names: frozenset[str],
    tables: Iterable[str] = (),
    file: str = "<tool>",
) -> CodeType:
    """Check a parsed module against the dialect, put in the guards, and compile it.

    Args:
        tree: The module; it is changed.
        tool: The tool's name, for faults.
        names: What the host puts into the namespace besides the builtins.
        tables: The tables of the environment, which `state.name` reaches.
        file: The name of the code, for tracebacks.

    Raises:
        CompileError: With every place where the source leaves the dialect.
    """
    known = names | frozenset(BUILTINS) | frozenset(EXCEPTIONS) | frozenset(bound_names(tree))
    fixed = names | frozenset(BUILTINS) | frozenset(EXCEPTIONS) | {"state"}
    policy = Policy(tool, known, fixed, own_names(tree, tables))
    try:
        checked = policy.visit(tree)
        if policy.faults:
            raise CompileError(policy.faults, file=file)
        return finished(checked, file)
    except SyntaxError as error:
        fault = Fault(tool, max(error.lineno or 1, 1), max(error.offset or 1, 1), f"not Python: {error.msg}", "mend it")
        raise CompileError([fault], file=file) from None
    except (RecursionError, MemoryError, ValueError) as error:
        message = f"cannot be compiled: {error or type(error).__name__}"
        raise CompileError([Fault(tool, 1, 1, message, "write it shorter and flatter")], file=file) from None
