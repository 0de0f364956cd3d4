"""Episodes: a live run and the conversation it belongs to, as the training interfaces see them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.formats.rows import dump_json
from gem_sim.message import Message
from gem_sim.sandbox import Limits
from gem_sim.simulator import Replay, replay
from gem_sim.simulator.session import LiveRun, open_session
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.tool import ToolCall, ToolResult
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Verdict
from gem_sim.verifier import verify

Ended = Literal["answered", "calls"]


class Exchange(NamedTuple):
    """A call and its result."""

    call: ToolCall
    result: ToolResult

    def messages(self) -> tuple[Message, Message]:
        """Return both as messages; the result is JSON text."""
        asked = Message(role="assistant", tool_calls=(self.call,))
        content = dump_json(self.result.content)
        return asked, Message(role="tool", tool_call_id=self.call.id, name=self.call.tool, content=content)


class Episode(NamedTuple):
    """One run of a task so far; `call`, `refuse`, `say`, `fork` and `rollback` return the next one.

    `session` is the live run after the last call, the same for all values of one run; `start` the state before the
    first call; `log` what was said and done, in order (the policy, the task's instruction, exchanges); `calls` how
    many calls were made. `task` None: no goal. `ended` says why it is over: the agent *answered* the user, or used
    up its *calls*; None while it goes on.
    """

    environment: Environment
    task: Task | None
    session: LiveRun
    seed: int
    start: State
    log: tuple[Message | Exchange, ...]
    calls: int = 0
    ended: Ended | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation so far."""
        return tuple(
            message for item in self.log for message in (item.messages() if isinstance(item, Exchange) else (item,))
        )

    def trajectory(self, id_: str = "episode") -> Trajectory:
        """Return the conversation so far as a trajectory that any format can hold."""
        return Trajectory(
            id=id_,
            messages=self.messages,
            tools=tuple(self.environment.tools.values()),
            task=None if self.task is None else self.task.id,
        )


# What an episode is worth: asked once, when it has ended; from then on nothing changes it.
Reward: TypeAlias = Callable[[Episode], float]


def begin(
    environment: Environment,
    *,
    task: str | Task | None = None,
    seed: int = 0,
    limits: Limits | None = None,
    instruction: str | None = None,
) -> Episode:
    """Return an episode before its first call.

    Args:
        environment: Where to run.
        task: A task, or the id of one of the environment's; None starts from the environment's own state.
        seed: Decides generated ids.
        limits: What a single call may use.
        instruction: What the user says first; None takes the task's own, an empty text says nothing.

    Raises:
        InputError: If the environment has no such task.
    """
    session = open_session(environment, seed=seed, task=task, limits=limits)
    log = _policy(environment)
    said = instruction if instruction is not None else "" if session.task is None else session.task.instruction
    if said:
        log = (*log, Message(role="user", content=said))
    return Episode(environment, session.task, session, seed, session.state, log)


@lru_cache(maxsize=64)
def _policy(environment: Environment) -> tuple[Message, ...]:
    """Return the first message of every episode, one for all of them."""
    return (Message(role="system", content="\n".join(environment.policy)),) if environment.policy else ()


def call(episode: Episode, tool_call: ToolCall) -> tuple[Episode, ToolResult]:
    """Run one call; a refusal is a result like any other.

    Raises:
        StubError: If the stub is broken or hit a limit; neither the run nor the episode has changed then.
    """
    result = episode.session.call(tool_call)
    return _with(episode, Exchange(tool_call, result)), result


def refuse(episode: Episode, tool_call: ToolCall, reason: str) -> tuple[Episode, ToolResult]:
    """Answer what is no call at all by an error, as a call that was made; the run does not hear of it."""
    result = ToolResult(call_id=tool_call.id, content={"error": reason}, is_error=True)
    return _with(episode, Exchange(tool_call, result)), result


def _with(episode: Episode, exchange: Exchange) -> Episode:
    environment, task, session, seed, start, log, calls, ended = episode
    return Episode(environment, task, session, seed, start, (*log, exchange), calls + 1, ended)


def fork(episode: Episode) -> Episode:
    """Return an independent episode at the same moment.

    Raises:
        InputError: If whoever runs the tools cannot fork.
    """
    return episode._replace(session=_able(episode.session, "fork").fork())


def rollback(episode: Episode, calls: int = 1) -> Episode:
    """Go back to the moment before the last `calls` calls; what was said since is gone too.

    Raises:
        InputError: If fewer calls were made, or whoever runs the tools cannot go back.
    """
    _able(episode.session, "rollback").rollback(calls)
    log = list(episode.log)
    left = calls
    while left:
        left -= isinstance(log.pop(), Exchange)
    return episode._replace(log=tuple(log), calls=episode.calls - calls, ended=None)


def _able(session: LiveRun, what: str) -> Any:
    if not hasattr(session, what):
        raise InputError(f"sessions of {session.environment.name!r} cannot {what}", cure="start a new one")
    return session


def say(episode: Episode, role: Literal["user", "assistant"], text: str) -> Episode:
    """Add what the user or the agent says to the conversation."""
    return episode._replace(log=(*episode.log, Message(role=role, content=text)))


def replay_of(episode: Episode, id_: str = "episode") -> Replay:
    """Replay an episode from its start; the live run is not touched.

    Raises:
        StubError: If a stub is broken.
    """
    return replay(episode.trajectory(id_), episode.environment, task=episode.task, seed=episode.seed)


def verdict_of(episode: Episode, id_: str = "episode") -> Verdict:
    """Return the verdict on the replay of an episode.

    Raises:
        StubError: If a stub is broken.
    """
    return verify(replay_of(episode, id_))
