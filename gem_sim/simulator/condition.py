"""Conditions of steps (`when`): compiled like a body, judged on a call's arguments and the state before it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache

from gem_sim.canonical import Json
from gem_sim.compiler.function import Surroundings, compile_tool
from gem_sim.compiler.parsing import is_expression
from gem_sim.environment import Environment
from gem_sim.errors import CompileError, Fault, StubError
from gem_sim.sandbox import Limits, Moment
from gem_sim.simulator.executor import executor_of
from gem_sim.state import State
from gem_sim.tool import Stub, Tool, default_of
from gem_sim.workflow import Step


def condition_key(step: Step) -> str:
    """Return the name under which an environment keeps the compiled condition of a step."""
    return f"{step.tool} when {step.when}"


def compile_condition(step: Step, tool: Tool, surroundings: Surroundings, *, file: str) -> Stub:
    """Compile the condition of a step over the constants and the arguments of its tool.

    Raises:
        CompileError: If it leaves the dialect.
    """
    if not is_expression(step.when or ""):
        fault = Fault(condition_key(step), 1, 1, "the condition is no expression", "write one, such as age >= 18")
        raise CompileError([fault], file=file)
    judge = tool.model_copy(update={"name": condition_key(step), "body": (f"return bool({step.when})",)})
    return compile_tool(judge, surroundings, file=file)


def holds(
    step: Step, arguments: Mapping[str, Json], environment: Environment, state: State, *, own: bool = True
) -> bool | None:
    """Tell whether a step's condition holds, None where it cannot be known.

    Args:
        step: The step; without a condition it always holds.
        arguments: Those of the call that is judged.
        environment: Where the step belongs.
        state: The state before that call.
        own: Whether the call is one of this step, so that absent arguments take their defaults; for another
            step's call an absent argument is unknown.
    """
    if step.when is None:
        return True
    stub = environment.conditions[condition_key(step)]
    tool = environment.tools[step.tool]
    used = {argument for argument, name in stub.names.items() if name in _names_in(step.when)}
    if not own and not used <= arguments.keys():
        return None
    given = {name: arguments.get(name, default_of(tool, name)) for name in stub.names}
    parameters = {stub.names[name]: value for name, value in given.items()}
    moment = Moment(state, environment.clock, {}, 0)
    try:
        outcome = executor_of(environment).call(condition_key(step), parameters, moment, Limits())
    except StubError:
        return None
    return None if outcome.refusal is not None else bool(outcome.content)


@lru_cache(maxsize=1024)
def _names_in(expression: str) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name))
