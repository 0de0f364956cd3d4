"""inspect_ai: an environment's tasks as an evaluation, scored by replay (tested: inspect-ai 0.3.285).

inspect eval my_tasks.py      with      @task
                                        def library(): return inspect_task(load_environment("library"))
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from inspect_ai import Task as Evaluation
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver, system_message
from inspect_ai.tool import Tool as OfferedTool
from inspect_ai.tool import ToolDef, ToolParams

from gem_sim.adapters.answers import shown
from gem_sim.adapters.rewards import asks_for_nothing
from gem_sim.adapters.talk import MOST_CALLS, judge, live_run, offered, opening
from gem_sim.environment import Environment
from gem_sim.message import Message
from gem_sim.simulator.session import LiveRun
from gem_sim.tool import Tool, ToolCall
from gem_sim.trajectory import Trajectory


def inspect_task(environment: Environment, *, faults: float = 0.0, message_limit: int = 2 * MOST_CALLS) -> Evaluation:
    """Return an evaluation with a sample for each task that doing nothing does not meet.

    Each sample has a session of its own. The score is the reward and whether the conversation passes; what the task
    expects is in no sample.
    """
    tasks = [task for task in environment.tasks.values() if not asks_for_nothing(environment, task)]
    samples = [Sample(id=task.id, input=task.instruction or task.id, metadata={"task": task.id}) for task in tasks]
    policy = [system_message(_escaped(message.content or "")) for message in opening(environment)]
    return Evaluation(
        dataset=MemoryDataset(samples, name=environment.name),
        solver=[*policy, environment_tools(environment, faults), generate()],
        scorer=replayed(environment),
        name=environment.name,
        message_limit=message_limit,
    )


@solver
def environment_tools(environment: Environment, faults: float = 0.0) -> Solver:
    """Give each sample the environment's tools, in a session of its own."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001
        run = live_run(environment, environment.tasks[state.metadata["task"]], faults=faults)
        state.tools = [_tool(tool, run) for tool in offered(environment)]
        return state

    return solve


@scorer(metrics={"reward": [mean(), stderr()], "passed": [mean(), stderr()]})
def replayed(environment: Environment) -> Scorer:
    """Score a sample by a replay of its messages: its `reward`, and 1 for `passed`."""

    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001
        task = environment.tasks[state.metadata["task"]]
        messages = tuple(map(_message, state.messages))
        trajectory = Trajectory(id=task.id, messages=messages, tools=offered(environment), task=task.id)
        judged = judge(environment, task, trajectory)
        value: dict[str, str | int | float | bool | None] = {
            "reward": judged.reward.total,
            "passed": float(judged.passed),
        }
        return Score(value=value, metadata={"parts": judged.reward.parts, "verdict": judged.verdict.verdict})

    return score


def _tool(tool: Tool, run: LiveRun) -> OfferedTool:
    async def execute(**arguments: Any) -> str:
        # Inspect fills in None for what a model left out.
        given = {name: value for name, value in arguments.items() if value is not None}
        result = run.call(ToolCall(id="call", tool=tool.name, arguments=given))
        return json.dumps(shown(result.content), ensure_ascii=False)

    parameters = ToolParams.model_validate(_described(tool.parameters or {"type": "object", "properties": {}}))
    made: Callable[..., Any] = execute
    return ToolDef(made, name=tool.name, description=tool.description or tool.name, parameters=parameters).as_tool()


def _described(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with a description for each argument, which Inspect insists on."""
    properties = {
        name: {"description": name.replace("_", " "), **schema}
        for name, schema in parameters.get("properties", {}).items()
    }
    return {**parameters, "properties": properties, "additionalProperties": False}


def _message(message: ChatMessage) -> Message:
    calls: tuple[ToolCall, ...] = ()
    if isinstance(message, ChatMessageAssistant):
        calls = tuple(
            ToolCall(
                id=call.id,
                tool=call.function,
                arguments=call.arguments,
                unreadable=None if call.parse_error is None else str(call.arguments),
            )
            for call in message.tool_calls or ()
        )
    call_id, name, text = None, None, message.text
    if isinstance(message, ChatMessageTool):
        call_id, name = message.tool_call_id, message.function
        # What Inspect itself refused never reached a tool.
        text = text if message.error is None else json.dumps({"error": message.error.message})
    return Message(role=message.role, content=text, tool_calls=calls, tool_call_id=call_id, name=name)


def _escaped(text: str) -> str:
    # `system_message` fills in a template.
    return text.replace("{", "{{").replace("}", "}}")
