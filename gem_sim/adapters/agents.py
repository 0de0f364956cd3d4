"""Agents that need no model: one does nothing, one calls at random, one follows the plan of the expert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final, Protocol

from gem_sim.adapters.expert import expert_messages
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.message import Message
from gem_sim.simulator.compare import says_error
from gem_sim.simulator.schema import is_valid
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.testing.values import Values, properties_of
from gem_sim.tool import Tool, ToolCall

_CALLS: Final = 20
_AGAIN: Final = 5
_SEEN: Final = 0.75


class Agent(Protocol):
    """Whoever talks to the user and calls the tools."""

    async def act(self, messages: Sequence[Message]) -> Message:
        """Return the next assistant message: calls, or something said to the user."""


class DoNothing:
    """An agent that greets and leaves: the floor that no task may reward."""

    async def act(self, messages: Sequence[Message]) -> Message:  # noqa: ARG002
        """Return a message without a call."""
        return Message(role="assistant", content="I am sorry, I can do nothing for you.")


class RandomCalls:
    """An agent that makes valid calls at random, with values from the answers it has seen, and reads nothing else.

    Args:
        environment: Whose tools to call.
        seed: Decides every call.
        calls: How many to make before it takes its leave.
    """

    def __init__(self, environment: Environment, *, seed: int = 0, calls: int = _CALLS) -> None:
        self._tools = list(environment.tools.values())
        self._values = Values(environment)
        self._random = Random(f"{environment.name}/{seed}")
        self._left = calls

    async def act(self, messages: Sequence[Message]) -> Message:
        """Return a call, or leave once all are made."""
        if self._left == 0:
            return Message(role="assistant", content="That is all I can do for you.")
        self._left -= 1
        tool = self._random.choice(self._tools)
        number = sum(len(message.tool_calls) for message in messages) + 1
        call = ToolCall(id=f"call_{number}", tool=tool.name, arguments=self._arguments(tool, messages))
        return Message(role="assistant", tool_calls=(call,))

    def _arguments(self, tool: Tool, messages: Sequence[Message]) -> dict[str, Json]:
        required = (tool.parameters or {}).get("required")
        needed = required if isinstance(required, list) else []
        seen = [pair for message in messages if message.role == "tool" for pair in _named(message.value(), "")]
        drawn = {}
        for name, schema in properties_of(tool).items():
            if name in needed or self._random.random() < 0.5:
                same = [value for field, value in seen if _alike(field, name) and is_valid(schema, value)]
                fitting = same or [value for _, value in seen if is_valid(schema, value)]
                use = bool(fitting) and self._random.random() < _SEEN
                drawn[name] = self._random.choice(fitting) if use else self._fresh(name, schema)
        return drawn

    def _fresh(self, name: str, schema: dict[str, Json]) -> Json:
        """Return a value made from the schema alone, one that fits it where a few draws find any."""
        made: Json = None
        for _ in range(10):
            made = self._values.fresh(name, schema, State(), self._random)
            if is_valid(schema, made):
                break
        return made


class Expert:
    """An agent that follows the plan of `expert_messages`, and makes a call again that failed where the plan's did not.

    `has_plan` is False where the expert found no way; then it does nothing.
    """

    def __init__(self, environment: Environment, task: Task, *, seed: int = 0) -> None:
        plan = expert_messages(environment, task, seed=seed)
        self.has_plan = plan is not None
        self._moves = [message for message in plan or () if message.role == "assistant"]
        self._next = 0
        self._again = 0

    async def act(self, messages: Sequence[Message]) -> Message:
        """Return the plan's next message, or its last call again."""
        if self._next and self._again < _AGAIN and messages[-1].role == "tool" and says_error(messages[-1].value()):
            self._again += 1
            last = self._moves[self._next - 1].tool_calls[0]
            call = last.model_copy(update={"id": f"{last.id}_again_{self._again}"})
            return Message(role="assistant", tool_calls=(call,))
        self._again = 0
        if self._next >= len(self._moves):
            return await DoNothing().act(messages)
        self._next += 1
        return self._moves[self._next - 1]


def _alike(field: str, argument: str) -> bool:
    return field == argument or argument.endswith(f"_{field}") or field.endswith(f"_{argument}")


def _named(content: Json, name: str) -> Iterator[tuple[str, Json]]:
    """Yield the plain values of an answer with the names of their fields."""
    if isinstance(content, dict):
        for field, value in content.items():
            yield from _named(value, field)
    elif isinstance(content, list):
        for value in content:
            yield from _named(value, name)
    elif content is not None:
        yield name, content
