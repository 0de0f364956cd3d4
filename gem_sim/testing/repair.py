"""Mechanical repairs: what a declaration says otherwise than its body does, put right without a model.

A repair changes declarations, never a body: `required`, `effect`, `reads`, `writes`. Where the body could be what is
wrong, a repair would hide the fault, so each says what it took for granted.
"""

from __future__ import annotations

import ast
import difflib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.formats.atomic import atomic_text
from gem_sim.simulator import load_environment
from gem_sim.simulator.places import line_of
from gem_sim.testing.check import Report, check
from gem_sim.testing.conformance import tables_of
from gem_sim.testing.lab import Lab, Made
from gem_sim.testing.probe import body_of
from gem_sim.testing.values import Values, properties_of
from gem_sim.testing.watch import Conventions, Problem, Watch, conventions

FILE: Final = "environment.json"
_TRIES: Final = 20


class Repair(NamedTuple):
    """A change of one declaration of a tool, and why. `value` is what `key` is to be."""

    tool: str
    key: str
    value: Any
    why: str

    def __str__(self) -> str:
        return f"{self.tool}: {self.key} → {json.dumps(self.value)}, since {self.why}"


Mender: TypeAlias = Callable[[Environment, Sequence[Problem]], Iterator[Repair]]


def effects(environment: Environment, problems: Sequence[Problem]) -> Iterator[Repair]:
    """Yield *write* for each tool declared as a read that was seen to change what its `writes` declare.

    A read that changes a table it does not declare as written is left alone: there the body may be what is wrong.
    """
    for name, tables in _tables_by_tool(problems, "check.read_writes").items():
        if tables <= set(environment.tools[name].writes or ()):
            why = f"its body changes {', '.join(sorted(tables))}, which it declares as written"
            yield Repair(name, "effect", "write", why)


def written(environment: Environment, problems: Sequence[Problem]) -> Iterator[Repair]:
    """Yield `writes` with each table that a tool declared as a write was seen to change."""
    for name, tables in _tables_by_tool(problems, "check.undeclared_write").items():
        declared = environment.tools[name].writes or ()
        why = f"its body changes {', '.join(sorted(tables))}"
        yield Repair(name, "writes", [*declared, *sorted(tables - set(declared))], why)


def read(environment: Environment, _problems: Sequence[Problem]) -> Iterator[Repair]:
    """Yield `reads` with each table that a body names and its tool does not declare."""
    for name, tool in environment.tools.items():
        used = tables_of(body_of(tool, environment))
        missing = sorted(used - {*(tool.reads or ()), *(tool.writes or ())})
        if tool.reads is not None and missing:
            yield Repair(name, "reads", [*tool.reads, *missing], f"its body uses {', '.join(missing)}")


def required(environment: Environment, problems: Sequence[Problem]) -> Iterator[Repair]:
    """Yield `required` with each argument whose absence made a call break, where the body never asks if it is there."""
    broken = {"check.crash", "check.row", "check.returns", "check.key", "check.reference"}
    lab, known = Lab(environment), conventions(environment)
    for tool in environment.tools.values():
        schema = tool.parameters or {}
        listed = schema.get("required")
        needed = listed if isinstance(listed, list) else []
        asked = _asked_for(body_of(tool, environment))
        names = environment.stubs[tool.name].names
        absent = {
            argument
            for problem in problems
            if problem.finding.code in broken and problem.finding.tool == tool.name and problem.calls
            for argument, inner in properties_of(tool).items()
            if argument not in problem.calls[-1].arguments and argument not in needed and "default" not in inner
            if names[argument] not in asked and _cures(lab, known, problem, argument, inner)
        }
        if absent:
            value = [name for name in properties_of(tool) if name in needed or name in absent]
            why = f"its body uses {', '.join(sorted(absent))} without asking whether it is given"
            yield Repair(tool.name, "required", value, why)


def _cures(lab: Lab, known: Conventions, problem: Problem, argument: str, schema: Mapping[str, Json]) -> bool:
    """Tell whether a problem goes away once an argument is given."""
    values, random, last = Values(lab.environment), Random(0), problem.calls[-1]
    for _ in range(_TRIES):
        given = values.fresh(argument, schema, lab.environment.state, random)
        made = Made(last.tool, {**last.arguments, argument: given})
        if not lab.accepts(made):
            continue
        watch = Watch(lab, known)
        taken = lab.run(problem.start, (*problem.calls[:-1], made), plain=True)
        for one in taken:
            watch(one)
        if taken and taken[-1].succeeded and all(found.key != problem.key for found in watch.finish()):
            return True
    return False


MENDERS: tuple[Mender, ...] = (required, effects, written, read)


def _tables_by_tool(problems: Sequence[Problem], code: str) -> dict[str, set[str]]:
    tables: dict[str, set[str]] = {}
    for problem in problems:
        if problem.finding.code == code and problem.finding.tool is not None:
            tables.setdefault(problem.finding.tool, set()).add(str(problem.finding.evidence.get("table")))
    return tables


def _asked_for(body: str) -> set[str]:
    """Return the names that a body tests for being there: compared with None, or taken as a condition by themselves."""
    asked = set()
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.Compare) and any(_is_none(part) for part in (node.left, *node.comparators)):
            asked |= {part.id for part in (node.left, *node.comparators) if isinstance(part, ast.Name)}
        tested: list[ast.expr] = []
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            tested = [node.test]
        elif isinstance(node, ast.BoolOp):
            tested = node.values
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            tested = [node.operand]
        asked |= {part.id for part in tested if isinstance(part, ast.Name)}
    return asked


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


class Repaired(NamedTuple):
    """What was repaired: the repairs, the file's text before and after, and the checks before and after."""

    repairs: tuple[Repair, ...]
    before: str
    after: str
    found: Report
    left: Report

    def diff(self, name: str = FILE) -> str:
        """Return the change as a unified diff."""
        lines = (self.before.splitlines(keepends=True), self.after.splitlines(keepends=True))
        return "".join(difflib.unified_diff(*lines, f"a/{name}", f"b/{name}", n=2))


def repair(environment: Environment, *, seconds: float = 20.0, seed: int = 0) -> Repaired:
    """Check an environment, repair what is mechanical, and check it again in a copy; nothing is written to its folder.

    Raises:
        InputError: If the environment was not loaded from a folder, or cannot be checked.
    """
    folder = Path(environment.folder or "")
    before = (folder / FILE).read_text(encoding="utf-8-sig")
    found = left = check(environment, seconds=seconds, seed=seed)
    repairs = tuple(item for mend in MENDERS for item in mend(environment, found.problems))
    after = before
    for item in repairs:
        after = _edited(after, item)
    if repairs:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "environments" / folder.resolve().name
            write_repaired(after, folder, copy)
            own = folder.resolve().parent.parent / "verifiers"
            if own.is_dir():
                shutil.copytree(own, Path(scratch) / "verifiers")
            left = check(load_environment(copy, trusted=environment.trusted), seconds=seconds, seed=seed)
    return Repaired(repairs, before, after, found, left)


def write_repaired(text: str, folder: Path, out: Path) -> None:
    """Write a copy of an environment's folder with another `environment.json`."""
    if out.resolve() != folder.resolve():
        shutil.copytree(folder, out, dirs_exist_ok=True)
    with atomic_text(out / FILE) as file:
        file.write(text)


def _edited(text: str, item: Repair) -> str:
    """Return the text of `environment.json` with a repair in it; where it can be done, other lines stay as they are."""
    value = json.loads(text)
    index = next(n for n, tool in enumerate(value["tools"]) if tool["name"] == item.tool)
    tool = value["tools"][index]
    path: list[str | int] = ["tools", index]
    if item.key == "required":
        schema = "parameters" if "parameters" in tool else "inputSchema"
        path.append(schema)
        tool = tool[schema]
    edited = _edited_line(text, [*path, item.key], tool.get(item.key), item.value)
    tool[item.key] = item.value
    return (
        edited
        if edited is not None and json.loads(edited) == value
        else json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    )


def _edited_line(text: str, path: list[str | int], old: Any, new: Any) -> str | None:
    """Return the text with the value at a path replaced where it stands on one line, None where it does not."""
    lines = text.split("\n")
    number = line_of(text, path) - 1
    was, now = (f'"{path[-1]}": {json.dumps(value, ensure_ascii=False)}' for value in (old, new))
    if old is None or was not in lines[number]:
        return None
    lines[number] = lines[number].replace(was, now, 1)
    return "\n".join(lines)
