"""One conversation of an agent with a user over an environment's tools, recorded and judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol

from gem_sim.adapters.agents import Agent
from gem_sim.adapters.answers import answer_message, shown
from gem_sim.adapters.rewards import Reckoning, asks_for_nothing, episode_reward, passes
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.message import Message
from gem_sim.simulator import replay
from gem_sim.simulator.faults import FaultyRun, declaration
from gem_sim.simulator.session import LiveRun, open_session
from gem_sim.task import Task
from gem_sim.tool import Tool, ToolCall
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Verdict
from gem_sim.verifier import verify

Stop = Literal["done", "calls", "turns", "empty"]

MOST_CALLS: Final = 40
MOST_TURNS: Final = 30


class User(Protocol):
    """Whoever wants something."""

    async def say(self, messages: Sequence[Message]) -> str | None:
        """Return what the user says next; None: nothing more."""


class Judged(NamedTuple):
    """A conversation and what became of it: `vacuous` says that doing nothing would have met the task."""

    trajectory: Trajectory
    verdict: Verdict
    reward: Reckoning
    passed: bool
    vacuous: bool


def offered(environment: Environment) -> tuple[Tool, ...]:
    """Return the tools as an agent sees them: name, description and parameters, nothing of how they work."""
    tools = environment.tools.values()
    return tuple(Tool(name=one.name, description=one.description, parameters=one.parameters) for one in tools)


def opening(environment: Environment) -> tuple[Message, ...]:
    """Return what an agent is told before the user speaks: the environment's policy, if it has one."""
    return (Message(role="system", content="\n".join(environment.policy)),) if environment.policy else ()


def live_run(environment: Environment, task: Task, *, seed: int = 0, faults: float = 0.0) -> LiveRun:
    """Return a session of a task, with faults injected at a rate."""
    run = open_session(environment, seed=seed, task=task)
    return FaultyRun(run, rate=faults, seed=seed) if faults else run


def answered(run: LiveRun, message: Message) -> tuple[Message, ...]:
    """Run the calls of an assistant message in order and return the tool messages that answer them.

    Raises:
        StubError: If a stub is broken.
    """
    answers = []
    for call in message.tool_calls:
        result = run.call(call)
        kind = run.fault if isinstance(run, FaultyRun) else None
        fault: Json = None if kind is None else declaration(kind)
        answers.append(answer_message(call, shown(result.content), fault=fault))
    return tuple(answers)


async def converse(
    run: LiveRun, agent: Agent, user: User, *, most_calls: int = MOST_CALLS, most_turns: int = MOST_TURNS
) -> tuple[tuple[Message, ...], Stop]:
    """Let an agent and a user talk until the user is done, and return the messages and why it ended.

    The conversation also ends when the agent has made too many calls, the user has spoken too often, or the agent
    answers with nothing at all.

    Raises:
        StubError: If a stub is broken; never scored as the agent's failure.
    """
    messages = list(opening(run.environment))
    calls = 0
    for _ in range(most_turns):
        said = await user.say(messages)
        if said is None:
            return tuple(messages), "done"
        messages.append(Message(role="user", content=said))
        while messages[-1].role != "assistant":
            if calls >= most_calls:
                return tuple(messages), "calls"
            message = await agent.act(messages)
            messages.append(message)
            if not message.tool_calls and not (message.content or "").strip():
                return tuple(messages), "empty"
            messages += answered(run, message)
            calls += len(message.tool_calls)
    return tuple(messages), "turns"


def judge(environment: Environment, task: Task, trajectory: Trajectory) -> Judged:
    """Replay a conversation, verify it and work out its reward.

    Raises:
        GemSimError: If a stub or a check is broken.
    """
    replayed = replay(trajectory, environment, task=task)
    verdict = verify(replayed)
    vacuous = asks_for_nothing(environment, task)
    return Judged(trajectory, verdict, episode_reward(replayed, verdict), passes(replayed, verdict), vacuous)


class Attempt:
    """A task under way for a training framework that makes the calls itself: call, say, and be judged at the end.

    Args:
        environment: Where to run.
        task: A task, or the id of one of the environment's.
        seed: Decides generated ids, and which calls go wrong.
        faults: How often a call goes wrong, from 0 to 1.

    Raises:
        InputError: If the environment has no such task.
    """

    def __init__(self, environment: Environment, task: str | Task, *, seed: int = 0, faults: float = 0.0) -> None:
        found = environment.task_of(task)
        assert found is not None
        self.environment = environment
        self.task = found
        self.run = live_run(environment, found, seed=seed, faults=faults)
        self.messages = [*opening(environment), Message(role="user", content=found.instruction or found.id)]
        self.calls = 0

    def call(self, tool: str, arguments: dict[str, Json]) -> Json:
        """Make a call and return its answer; a refusal is `{"error": reason}`.

        Raises:
            StubError: If the stub is broken.
        """
        self.calls += 1
        call = ToolCall(id=f"call_{self.calls}", tool=tool, arguments=arguments)
        message = Message(role="assistant", tool_calls=(call,))
        answers = answered(self.run, message)
        self.messages += [message, *answers]
        return answers[0].value()

    def say(self, text: str) -> None:
        """Add what the agent says to the user."""
        self.messages.append(Message(role="assistant", content=text))

    def trajectory(self) -> Trajectory:
        """Return the conversation so far."""
        tools = offered(self.environment)
        return Trajectory(id=self.task.id, messages=tuple(self.messages), tools=tools, task=self.task.id)

    def judged(self) -> Judged:
        """Replay and judge what was done so far.

        Raises:
            GemSimError: If a stub or a check is broken.
        """
        return judge(self.environment, self.task, self.trajectory())
