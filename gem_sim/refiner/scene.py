"""What a rewrite works on, and what it proposes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from random import Random
from typing import Literal, NamedTuple, TypeAlias

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.message import Message
from gem_sim.simulator import Replay
from gem_sim.simulator.reground import with_answer
from gem_sim.simulator.session import LiveRun, open_session
from gem_sim.tool import Tool, ToolCall
from gem_sim.trajectory import Trajectory

# *keeps*: the end stays as it is, to the byte. *extends*: what the task asked for still holds, and there is more.
Promise: TypeAlias = Literal["keeps", "extends"]


class Draft(NamedTuple):
    """A trajectory rewritten, of which nobody knows yet whether it keeps its promise; `what` says what was done."""

    trajectory: Trajectory
    what: str


class Scene:
    """A verified trajectory with its environment.

    `pool` are tools of elsewhere that may be offered besides. `only_new`: only calls of tools not called yet help.
    """

    def __init__(self, original: Replay, pool: Sequence[Tool] = (), *, only_new: bool = False) -> None:
        self.original = original
        self.pool = tuple(pool)
        self.only_new = only_new

    @property
    def trajectory(self) -> Trajectory:
        """The trajectory as it was verified."""
        return self.original.trajectory

    @property
    def messages(self) -> tuple[Message, ...]:
        """Its messages."""
        return self.original.trajectory.messages

    @property
    def environment(self) -> Environment:
        """Where it was verified."""
        return self.original.environment

    @cached_property
    def called(self) -> frozenset[str]:
        """The tools it calls."""
        return frozenset(call.placed.call.tool for call in self.original.calls)

    @cached_property
    def end(self) -> LiveRun:
        """A live run at the end of the trajectory; `fork` it before calling anything."""
        run = open_session(self.environment, task=self.original.task)
        for call in self.original.calls:
            run.call(call.executed)
        return run

    @cached_property
    def offered(self) -> tuple[Tool, ...]:
        """The environment's tools that the trajectory offers; all of them where it lists none."""
        names = {tool.name for tool in self.trajectory.tools}
        return tuple(tool for name, tool in self.environment.tools.items() if not names or name in names)

    @cached_property
    def ids(self) -> Iterator[str]:
        """Ids for calls put in, none of which the trajectory has."""
        taken = {call.placed.call.id for call in self.original.calls}
        return (name for number in range(1, 10**6) if (name := f"call_r{number}") not in taken)

    def with_messages(self, messages: Sequence[Message]) -> Trajectory:
        """Return the trajectory with other messages."""
        return self.trajectory.model_copy(update={"messages": tuple(messages)})


Propose: TypeAlias = Callable[[Scene, Random], Iterator[Draft]]


class Made(NamedTuple):
    """A call that was tried at the end of a trajectory, and what came of it; `refused` with the reason."""

    tool: Tool
    arguments: dict[str, Json]
    content: Json
    refused: str | None
    changed: bool


def user(text: str) -> Message:
    """Return a message of the user."""
    return Message(role="user", content=text)


def says(text: str) -> Message:
    """Return a message of the assistant without a call."""
    return Message(role="assistant", content=text)


def asks(scene: Scene, tool: str, arguments: dict[str, Json], answer: Json, text: str | None = None) -> list[Message]:
    """Return a message of the assistant with one call, and the tool's answer."""
    call = ToolCall(id=next(scene.ids), tool=tool, arguments=arguments)
    answered = with_answer(Message(role="tool", tool_call_id=call.id, name=tool), answer)
    return [Message(role="assistant", content=text, tool_calls=(call,)), answered]
