"""What makes a workflow impossible in its environment: names that do not exist, steps that can never come about."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Constant
from gem_sim.errors import EnvironmentFault
from gem_sim.simulator.places import line_of
from gem_sim.simulator.returns import cannot_reach
from gem_sim.tool import Tool
from gem_sim.workflow import Step, Workflow


class _Complaint(NamedTuple):
    """What is wrong with a step, the key of it that says so, and the cure."""

    message: str
    key: str
    cure: str


def check_workflows(
    workflows: Sequence[Workflow],
    tools: Mapping[str, Tool],
    constants: Mapping[str, Constant],
    rules: Collection[str],
    text: str,
    file: Path,
) -> None:
    """Refuse workflows that name what does not exist or have a step that can never come about.

    Raises:
        EnvironmentFault: For the first such step, with file, line and cure.
    """
    for number, workflow in enumerate(workflows):
        for index, step in enumerate(workflow.steps):
            for complaint in _complaints(step, workflow, tools, constants, rules):
                message = f"step {step.id!r} of workflow {workflow.id!r} {complaint.message}"
                places = (
                    ("workflow", "steps", index, complaint.key),
                    ("workflow", number, "steps", index, complaint.key),
                )
                line = max(line_of(text, place) for place in places)
                raise EnvironmentFault(message, file=str(file), line=line, cure=complaint.cure)


def _complaints(
    step: Step,
    workflow: Workflow,
    tools: Mapping[str, Tool],
    constants: Mapping[str, Constant],
    rules: Collection[str],
) -> Iterator[_Complaint]:
    declare = "declare it or correct the name"
    if step.tool not in tools:
        yield _Complaint(f"uses the tool {step.tool!r}, which the environment lacks", "tool", declare)
        return
    if step.rule is not None and step.rule not in rules:
        yield _Complaint(f"names the rule {step.rule!r}, which the environment lacks", "rule", declare)
    parameters = _parameters(tools[step.tool])
    for key, arguments in (("takes", tuple(step.takes)), ("per", step.per or ())):
        for argument in arguments:
            if argument not in parameters:
                message = f"names the argument {argument!r} in `{key}`, which the tool {step.tool!r} lacks"
                known = ", ".join(map(repr, parameters)) or "none"
                yield _Complaint(message, key, f"name one of its parameters: {known}")
    tool_of = {other.id: other.tool for other in workflow.steps}
    for edge in step.dependencies():
        source = tools.get(tool_of[edge.before])
        problem = None if edge.path is None or source is None else cannot_reach(source.returns, edge.path)
        if problem is not None and source is not None:
            message = (
                f"takes {edge.argument!r} from {edge.before}.{edge.path}, but the results of {source.name!r} {problem}"
            )
            yield _Complaint(message, "takes", "correct the path, or declare the field in `returns`")
    if step.when is not None and _is_false(step.when, {name: c.value for name, c in constants.items()}):
        message = f"can never come about: its `when`, {step.when}, is false for the constants"
        yield _Complaint(message, "when", "correct the condition or remove the step")


def _parameters(tool: Tool) -> list[str]:
    properties = (tool.parameters or {}).get("properties")
    return list(properties) if isinstance(properties, dict) else []


_PURE = (
    *(ast.Expression, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Constant, ast.Name, ast.Load, ast.cmpop, ast.boolop),
    *(ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.List, ast.Tuple),
)


def _is_false(condition: str, constants: Mapping[str, Json]) -> bool:
    """Tell whether a condition is false whatever the call: it compares nothing but constants, and they do not fit."""
    try:
        tree = ast.parse(condition, mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return False  # compiling it says what is wrong with it
    nodes = list(ast.walk(tree))
    if not all(isinstance(node, _PURE) for node in nodes):
        return False
    if not {node.id for node in nodes if isinstance(node, ast.Name)} <= constants.keys():
        return False
    try:
        return not eval(compile(tree, "<when>", "eval"), {"__builtins__": {}}, dict(constants))
    except (TypeError, ValueError, RecursionError, MemoryError):
        return False
