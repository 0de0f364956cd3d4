"""One tool → one checked function."""

from __future__ import annotations

import ast
import keyword
import re
import sys
from collections.abc import Collection, Mapping
from typing import NamedTuple

from gem_sim.canonical import Json, digest
from gem_sim.compiler.dialect import BUILTINS, EXCEPTIONS
from gem_sim.compiler.infer import infer_body
from gem_sim.compiler.nodes import walk
from gem_sim.compiler.parsing import parse
from gem_sim.compiler.policy import restrict
from gem_sim.compiler.text import render_function
from gem_sim.environment import Constant, Entity, Rule
from gem_sim.errors import CompileError, Fault
from gem_sim.source import Source
from gem_sim.tool import Stub, Tool

# What a body finds in its namespace besides its parameters and the environment's constants.
HOST_NAMES = ("state", "require", "fail", "new_id", "now", "unspecified")

_RULE_ID = re.compile(r"^[A-Z]{1,3}\d+$")


class Surroundings(NamedTuple):
    """What a body may refer to: the environment's constants, rules, tables, and the places of their quotes."""

    constants: Mapping[str, Constant]
    rules: Mapping[str, Rule]
    entities: Mapping[str, Entity]
    tables: frozenset[str]
    sources: Mapping[str, Source]


def compile_tool(tool: Tool, surroundings: Surroundings, *, file: str = "environment.json") -> Stub:
    """Compile a tool's body, or the body inferred for it, to a checked function.

    Raises:
        CompileError: With every place where the body leaves the dialect or names what does not exist.
    """
    names = parameter_names(tool, surroundings.constants)
    body = infer_body(tool, surroundings.entities, names) if tool.body is None else tool.body
    source = "\n".join(body)
    module = parse(source, tool=tool.name, file=file)
    faults = _unknown_references(module, tool.name, surroundings)
    if not module.body:
        faults.append(Fault(tool.name, 1, 1, "the body is empty", "write the lines of the function, at least a return"))
    shown = names if tool.body is None else {**names, **_shadowing(module, names)}
    function = python_name(tool.name, (*HOST_NAMES, *BUILTINS, *EXCEPTIONS))
    tree = _function_tree(function, names, module)
    known = frozenset({*HOST_NAMES, *surroundings.constants})
    try:
        code = restrict(
            tree,
            tool=tool.name,
            names=known,
            tables=surroundings.tables,
            file=f"<{function}>",
        )
    except CompileError as error:
        faults.extend(error.faults)
    if faults:
        raise CompileError(sorted(faults, key=lambda fault: (fault.line, fault.column)), file=file)
    used = {node.id for node in walk(module) if isinstance(node, ast.Name)}
    behaviour: dict[str, Json] = {
        "name": tool.name,
        "parameters": tool.parameters,
        "returns": tool.returns,
        "body": list(body),
        "constants": {name: c.value for name, c in surroundings.constants.items() if name in used},
        "rules": {name: r.text for name, r in surroundings.rules.items() if name in source},
    }
    return Stub(
        tool=tool.name,
        function=function,
        text=render_function(tool, function, shown, source, surroundings.rules, surroundings.sources),
        code=code,
        names=names,
        digest=digest(behaviour),
        inferred=tool.body is None,
    )


def _shadowing(module: ast.Module, names: Mapping[str, str]) -> dict[str, str]:
    """Let a body use its arguments named like builtins (`filter`) under those names; return the names it uses so."""
    hidden = {argument for argument in names if argument in BUILTINS or argument in EXCEPTIONS}
    for node in walk(module):
        if isinstance(node, ast.Name) and node.id in hidden:
            node.id = names[node.id]
    return {argument: argument for argument in hidden}


def parameter_names(tool: Tool, constants: Collection[str]) -> dict[str, str]:
    """Return argument name → parameter name.

    They differ where the argument's name is no Python name, a keyword (`from` → `from_`), or would hide a name
    of the dialect or a constant (`state` → `state_`). A builtin's name may be used in the body as it is.
    """
    properties = (tool.parameters or {}).get("properties")
    names: dict[str, str] = {}
    for argument in properties if isinstance(properties, dict) else ():
        names[argument] = python_name(argument, {*HOST_NAMES, *BUILTINS, *EXCEPTIONS, *constants, *names.values()})
    return names


def is_free(name: str) -> bool:
    """Tell whether a constant may have this name: one of Python that means nothing else in a body."""
    plain = name.isascii() and name.isidentifier() and not name.startswith("_") and not keyword.iskeyword(name)
    return plain and name not in {*HOST_NAMES, *BUILTINS, *EXCEPTIONS}


def python_name(name: str, taken: Collection[str]) -> str:
    """Return `name` as a Python name that is neither a keyword nor taken; underscores are appended as needed."""
    made = re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("_") or "argument"
    if made[0].isdigit():
        made = f"n{made}"
    while keyword.iskeyword(made) or made in taken:
        made += "_"
    return made


def _function_tree(function: str, names: Mapping[str, str], body: ast.Module) -> ast.Module:
    """Wrap a body into a function definition without moving a line or a column of it."""
    parameters = ast.arguments(
        posonlyargs=[],
        args=[ast.arg("state")],
        kwonlyargs=[ast.arg(name) for name in names.values()],
        kw_defaults=[None] * len(names),
        defaults=[],
    )
    definition = ast.FunctionDef(name=function, args=parameters, body=[ast.Pass()], decorator_list=[])
    if sys.version_info >= (3, 12):
        definition.type_params = []
    definition.lineno, definition.col_offset = 1, 0
    tree = ast.fix_missing_locations(ast.Module(body=[definition], type_ignores=[]))
    # What was parsed has its places.
    definition.body = body.body or definition.body
    return tree


def _unknown_references(module: ast.Module, tool: str, surroundings: Surroundings) -> list[Fault]:
    """Return a fault for each table of `state` and each rule id that the environment lacks."""
    faults = []
    for node in walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "state":
            if node.attr not in surroundings.tables:
                tables = ", ".join(sorted(surroundings.tables)) or "none"
                cure = f"use one of its tables ({tables}) or declare it under `entities`"
                message = f"the environment has no table {node.attr!r}"
                faults.append(Fault(tool, node.lineno, node.col_offset + 1, message, cure))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "require":
            rule = node.args[1] if len(node.args) > 1 else None
            if isinstance(rule, ast.Constant) and _is_unknown_rule(rule.value, surroundings.rules):
                message = f"the environment has no rule {rule.value!r}"
                cure = "name a rule of `rules`, or write the reason as a sentence"
                faults.append(Fault(tool, rule.lineno, rule.col_offset + 1, message, cure))
    return faults


def _is_unknown_rule(name: object, rules: Collection[str]) -> bool:
    return isinstance(name, str) and _RULE_ID.match(name) is not None and name not in rules
