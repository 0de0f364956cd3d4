"""TRL: an environment class for `GRPOTrainer(environment_factory=...)`, and the rows of its data set.

TRL (tested: 1.16) makes one object a rollout, calls `reset` with the row, offers every other public method as a tool,
and asks `get_reward` at the end. The methods are made from the tools' schemas; TRL builds its own schemas from them
again, in which nested properties and patterns are lost, so tools with flat arguments suit it best.
"""

from __future__ import annotations

import inspect
import json
import keyword
from collections.abc import Callable, Mapping
from typing import Any, Final

from gem_sim.adapters.rewards import Reckoning, episode_reward
from gem_sim.adapters.talk import Attempt, opening
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.simulator import Replay, replay
from gem_sim.testing.values import properties_of
from gem_sim.tool import Tool

_TYPES: Final = {"string": str, "integer": int, "number": float, "boolean": bool, "array": list, "object": dict}
_TAKEN: Final = ("reset", "get_reward")


def environment_class(
    environment: Environment,
    *,
    reward: Callable[[Replay], Reckoning] = episode_reward,
    faults: float = 0.0,
) -> type:
    """Return a class whose objects are episodes of an environment, to pass as `environment_factory`.

    A row of the data set names its `task`; a `seed` in it decides generated ids (default 0).

    Raises:
        InputError: If a tool or an argument has a name that no Python method can have.
    """

    def reset(self: Any, task: str = "", seed: int | None = None, **_row: Any) -> None:
        self._attempt = Attempt(environment, task or next(iter(environment.tasks)), seed=seed or 0, faults=faults)

    def get_reward(self: Any) -> float:
        attempt: Attempt = self._attempt
        return reward(replay(attempt.trajectory(), environment, task=attempt.task)).total

    methods: dict[str, Any] = {tool.name: _method(tool) for tool in environment.tools.values()}
    own = {"reset": reset, "get_reward": get_reward, "__doc__": f"Episodes of {environment.name}."}
    return type("".join(part.title() for part in environment.name.split("_")) + "Env", (), {**methods, **own})


def training_rows(environment: Environment) -> list[dict[str, Any]]:
    """Return a row for each task: the `prompt` (policy and instruction as messages) and the `task`'s id."""
    policy = [{"role": message.role, "content": message.content} for message in opening(environment)]
    return [
        {"prompt": [*policy, {"role": "user", "content": task.instruction or task.id}], "task": task.id}
        for task in environment.tasks.values()
    ]


def _method(tool: Tool) -> Callable[..., str]:
    """Return a tool as a method of an episode."""
    if tool.name in _TAKEN:
        raise InputError(f"the tool {tool.name!r} cannot be a method", cure="rename it for TRL")

    def answer(self: Any, arguments: dict[str, Json]) -> str:
        return json.dumps(self._attempt.call(tool.name, arguments), ensure_ascii=False)

    made = tool_method(tool, None)

    def method(self: Any, *given: Any, **named: Any) -> str:
        return answer(self, made(*given, **named))

    signature = inspect.signature(made)
    first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    method.__name__ = method.__qualname__ = tool.name
    method.__doc__ = made.__doc__
    method.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[first, *signature.parameters.values()]
    )
    method.__annotations__ = made.__annotations__
    return method


def tool_method(tool: Tool, call: Callable[[str, dict[str, Json]], Any] | None) -> Callable[..., Any]:
    """Return a tool as a function with a signature and a docstring of Google style, from which schemas are made.

    It calls `call(tool name, arguments)`, absent arguments left out; with None it returns the arguments.

    Raises:
        InputError: If the tool or an argument has a name that Python cannot have.
    """
    if not tool.name.isidentifier() or keyword.iskeyword(tool.name) or tool.name.startswith("_"):
        raise InputError(f"the tool {tool.name!r} cannot be a method", cure="rename it for this framework")

    def function(*given: Any, **named: Any) -> Any:
        bound = signature.bind(*given, **named).arguments
        arguments = {name: value for name, value in bound.items() if value is not None}
        return arguments if call is None else call(tool.name, arguments)

    parameters = [_parameter(tool, name, schema) for name, schema in properties_of(tool).items()]
    # What has no default comes first, as Python wants it.
    parameters.sort(key=lambda one: one.default is not inspect.Parameter.empty)
    signature = inspect.Signature(parameters, return_annotation=str)
    function.__name__ = function.__qualname__ = tool.name
    function.__doc__ = _docstring(tool)
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": str}
    return function


def _parameter(tool: Tool, name: str, schema: Mapping[str, Json]) -> inspect.Parameter:
    if not name.isidentifier() or keyword.iskeyword(name) or name == "self":
        raise InputError(f"the argument {name!r} of {tool.name!r} cannot be a parameter", cure="rename it for TRL")
    kind = schema.get("type")
    single = next((one for one in kind if one != "null"), None) if isinstance(kind, list) else kind
    annotation: Any = _TYPES.get(str(single), str)
    required = (tool.parameters or {}).get("required")
    kind_of = inspect.Parameter.POSITIONAL_OR_KEYWORD
    if isinstance(required, list) and name in required:
        return inspect.Parameter(name, kind_of, annotation=annotation)
    return inspect.Parameter(name, kind_of, annotation=annotation | None, default=None)


def _docstring(tool: Tool) -> str:
    lines = [_line(tool.description) or tool.name]
    properties = properties_of(tool)
    if properties:
        lines += ["", "Args:"]
    for name, schema in properties.items():
        described = _line(str(schema.get("description") or name.replace("_", " ")))
        options = schema.get("enum")
        choices = f" (choices: {json.dumps(options, ensure_ascii=False)})" if isinstance(options, list) else ""
        lines.append(f"    {name}: {described}{choices}")
    return "\n".join([*lines, "", "Returns:", "    The answer as JSON; a refusal has an `error`."])


def _line(text: str) -> str:
    return " ".join(text.split())
