"""What must hold of an environment before any call is tried: the ordered tuple `CONFORMANCE`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

from gem_sim.canonical import Json
from gem_sim.environment import Constant, Environment
from gem_sim.errors import GemSimError
from gem_sim.formats import read_records
from gem_sim.simulator import replay
from gem_sim.simulator.schema import schema_problem
from gem_sim.testing.probe import body_of
from gem_sim.testing.values import properties_of
from gem_sim.testing.watch import initial_problems
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding
from gem_sim.verifier import verify

Conformance: TypeAlias = Callable[[Environment], Iterator[Finding]]

_ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS: Final[dict[str, float]] = {
    **{word: number for number, word in enumerate(_ONES.split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), start=2)},
    "once": 1,
    "twice": 2,
    "thrice": 3,
    "double": 2,
    "triple": 3,
    "single": 1,
    "half": 0.5,
    "quarter": 0.25,
    "hundred": 100,
    "thousand": 1000,
    "million": 10**6,
    "dozen": 12,
    "first": 1,
    "second": 2,
    "third": 3,
    "an": 1,
    "a": 1,
    "day": 1,
    "week": 7,
    "fortnight": 14,
    "month": 1,
    "year": 1,
    "hour": 1,
    "both": 2,
    "no": 0,
}
# A quote may give a figure in another unit: a share in per cent, euros for cents, hours for minutes.
_FACTORS: Final = (1, 100, 0.01, 60, 1 / 60, 3600, 24, 1 / 24, 1440, 7, 12, 30, 365, 1000, 0.001)


def schemas(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for each schema that is none, requires what it lacks, or has a default that does not fit it."""
    for table, entity in environment.entities.items():
        for problem in _schema_problems(entity.row):
            yield Finding(code="check.schema", path=f"entities.{table}.row", message=f"the rows of {table}: {problem}")
        fields = entity.row.get("properties")
        if isinstance(fields, dict) and fields and entity.key not in fields:
            message = f"the key {entity.key!r} of {table} is no field of its rows"
            yield Finding(code="check.schema", path=f"entities.{table}.key", message=message)
    for tool in environment.tools.values():
        for place, schema in (("parameters", tool.parameters), ("returns", tool.returns)):
            for problem in _schema_problems(schema or {}):
                yield Finding(code="check.schema", tool=tool.name, path=place, message=f"{place}: {problem}")
        for argument, schema in properties_of(tool).items():
            misfit = schema_problem(schema, schema["default"]) if schema.get("default") is not None else None
            if misfit is not None:
                message = f"the default of {argument} does not fit its own schema: {misfit}"
                yield Finding(code="check.schema", tool=tool.name, argument=argument, message=message)


def _schema_problems(schema: Mapping[str, Json]) -> Iterator[str]:
    problem = schema_problem(schema)
    if problem is not None:
        yield problem
        return
    properties, required = schema.get("properties"), schema.get("required")
    if isinstance(properties, dict) and isinstance(required, list) and schema.get("additionalProperties") is False:
        for name in required:
            if name not in properties:
                yield f"it requires {name!r} and allows no such field"


def rows(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for each initial row that breaks what the other rows keep to: dates, amounts, references."""
    yield from initial_problems(environment)


def constants(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for each constant whose quote has figures, and none of them is its value."""
    for name, constant in environment.constants.items():
        told = _figures(constant)
        if told is not None and not _says(told, constant.value):
            message = f"{name} is {constant.value!r}, but its quote says {constant.quote!r}"
            evidence: dict[str, Json] = {"value": constant.value, "quote": constant.quote}
            yield Finding(code="check.constant", path=f"constants.{name}", message=message, evidence=evidence)


def _figures(constant: Constant) -> list[float] | None:
    """Return the figures of a quote; None where there is nothing to compare."""
    value = constant.value
    if constant.quote is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    text = re.sub(r"(?<=\d)[,'\u202f\u00a0](?=\d{3}\b)", "", constant.quote.casefold())
    figures = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]
    words = re.findall(r"[a-z]+", text)
    figures += [_WORDS[word] for word in words if word in _WORDS]
    for left, right in pairwise(words):
        if left in _WORDS and right in _WORDS:
            a, b = _WORDS[left], _WORDS[right]
            figures += [a + b if b < 10 <= a else a * b]
    # A quote without any figure says the value in words that only a reader understands.
    exact = [figure for figure in figures if figure not in (0, 1)] or re.findall(r"\d", text)
    return figures if exact else None


def _says(figures: list[float], value: Json) -> bool:
    assert isinstance(value, int | float)
    if any(abs(figure - value) < 1e-9 for figure in figures):
        return True
    return any(abs(figure * factor - value) < 1e-9 for figure in figures for factor in _FACTORS if factor != 1)


def used(environment: Environment) -> Iterator[Finding]:
    """Yield a warning for each constant that no body uses and each rule that neither a body nor a step names."""
    bodies = [body_of(tool, environment) for tool in environment.tools.values()]
    steps = [step for workflow in environment.workflows for step in workflow.steps]
    text = "\n".join([*bodies, *(step.when or "" for step in steps)])
    names = set(re.findall(r"\w+", text))
    for name in environment.constants:
        if name not in names:
            message = f"nothing uses the constant {name}; a body may have its value written out"
            yield Finding(code="check.unused", severity="warning", path=f"constants.{name}", message=message)
    ordered = {step.rule for step in steps} | ({"once"} if any(step.once for step in steps) else set())
    for name, rule in environment.rules.items():
        if name not in names and name not in ordered and not (rule.kind == "uniqueness" and "once" in ordered):
            message = f"neither a body nor a step names the rule {name}, so nothing shows that it is kept: {rule.text}"
            yield Finding(code="check.unused", severity="warning", path=f"rules.{name}", message=message)


def declared(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for each table that a body uses and the tool declares neither as read nor as written."""
    for tool in environment.tools.values():
        if tool.reads is None:
            continue
        for table in sorted(tables_of(body_of(tool, environment)) - {*tool.reads, *(tool.writes or ())}):
            message = f"its body uses {table}, which is neither in `reads` nor in `writes`"
            yield Finding(code="check.undeclared_read", tool=tool.name, path=table, message=message)


def tables_of(body: str) -> set[str]:
    """Return the tables that a body names: `state.loans`, `state['loans']`."""
    tables = set()
    for node in ast.walk(ast.parse(body)):
        on_state = isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name)
        if not on_state or node.value.id != "state":  # type: ignore[attr-defined]
            continue
        if isinstance(node, ast.Attribute):
            tables.add(node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            tables.add(str(node.slice.value))
    return tables


def examples(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for each bundled trajectory that does not pass, or known-bad one that does not raise its code."""
    for name in ("trajectories.jsonl", "known_bad.jsonl"):
        for trajectory, expected in bundled(environment, name):
            problem = _example_problem(environment, trajectory, expected)
            if problem is not None:
                message = f"{name}, {trajectory.id!r}: {problem}"
                evidence: dict[str, Json] = {"trajectory": trajectory.id, "file": name}
                yield Finding(code="check.example", path=trajectory.id, message=message, evidence=evidence)


def bundled(environment: Environment, name: str = "trajectories.jsonl") -> Iterator[tuple[Trajectory, str | None]]:
    """Yield the trajectories of a file beside the environment, and the code each must raise (None: it must pass).

    Raises:
        FormatError: At a record that cannot be read.
    """
    path = Path(environment.folder or "") / name
    if environment.folder is None or not path.is_file():
        return
    for record in read_records(path):
        if record.error is not None:
            raise record.error
        if record.trajectory is not None:
            raises = record.trajectory.extra.get("raises")
            yield record.trajectory, str(raises) if raises is not None else None


def _example_problem(environment: Environment, trajectory: Trajectory, expected: str | None) -> str | None:
    try:
        verdict = verify(replay(trajectory, environment))
    except GemSimError as error:
        return f"cannot be judged: {error}"
    codes = {finding.code for finding in verdict.findings}
    if expected is None:
        return None if verdict.verdict == "pass" else str(verdict)
    return None if expected in codes else f"must raise {expected}; it raises {', '.join(sorted(codes)) or 'nothing'}"


# From cheap to dear.
CONFORMANCE: tuple[Conformance, ...] = (schemas, rows, constants, used, declared, examples)
