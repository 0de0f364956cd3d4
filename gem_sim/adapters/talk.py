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
from gem_sim.simulator import Session, replay
from gem_sim.simulator.faults import FaultyRun, declaration
from gem_sim.simulator.session import LiveRun, open_session
from gem_sim.task import Task
from gem_sim.tool import Tool
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
    """Return a session of a task, with faults injected at a rate; a host's own tools are run without."""
    run = open_session(environment, seed=seed, task=task)
    return FaultyRun(run, rate=faults, seed=seed) if faults and isinstance(run, Session) else run


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
