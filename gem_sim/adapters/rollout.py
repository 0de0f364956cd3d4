"""Rollouts: every task of an environment tried several times by an agent, recorded, judged, and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import comb
from typing import Final, NamedTuple

from gem_sim.adapters.agents import Agent, DoNothing, Expert, RandomCalls
from gem_sim.adapters.chat import Chat, Unanswered, wire
from gem_sim.adapters.talk import MOST_CALLS, MOST_TURNS, Judged, User, converse, judge, live_run, offered
from gem_sim.adapters.users import ScriptedUser, facts_of
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import StubError
from gem_sim.message import Message
from gem_sim.task import Task
from gem_sim.trajectory import Trajectory

WITHOUT_MODEL: Final = ("expert", "random", "nothing")
_DONE: Final = "DONE"


class Tried(NamedTuple):
    """One try at a task: `judged` None where it broke, and `broken` says why; that is not the agent's failure."""

    task: str
    number: int
    judged: Judged | None
    broken: str | None = None


class Rate(NamedTuple):
    """What became of one task: tries that were judged, and how many passed; `vacuous`: doing nothing meets it."""

    task: str
    tries: int
    passed: int
    reward: float
    vacuous: bool


class Setting(NamedTuple):
    """How to try: `tries` for each task, from `seed` on, so many at a time, faults at a rate."""

    tries: int = 1
    seed: int = 0
    faults: float = 0.0
    concurrency: int = 8
    most_calls: int = MOST_CALLS
    most_turns: int = MOST_TURNS


class ModelAgent:
    """An agent played by a model; `key` names the conversation in the journal."""

    def __init__(self, chat: Chat, environment: Environment, key: str, seed: int) -> None:
        self._chat, self._key, self._seed = chat, key, seed
        self._tools = offered(environment)

    async def act(self, messages: Sequence[Message]) -> Message:
        """Return what the model says or calls next."""
        number = sum(message.role == "assistant" for message in messages) + 1
        rows = [wire(message) for message in messages]
        return await self._chat.reply(f"{self._key}/agent/{number}", rows, self._tools, self._seed)


class ModelUser:
    """A user played by a model, who knows the instruction and their own facts, not the end that is expected."""

    def __init__(self, chat: Chat, environment: Environment, task: Task, key: str, seed: int) -> None:
        self._chat, self._key, self._seed = chat, key, seed
        facts = "".join(f"\n- {name.replace('_', ' ')}: {value}" for name, value in facts_of(environment, task).items())
        self._system = (
            "You play a customer who writes to an assistant. What you want, in the third person:\n"
            f"{task.instruction or task.id}\n"
            + (f"What you know about yourself:{facts}\n" if facts else "")
            + "Say one thing at a time, in short sentences, and invent nothing. Answer questions; say yes to what you "
            f"want. When all is done, or cannot be done, reply with the single word {_DONE}."
        )

    async def say(self, messages: Sequence[Message]) -> str | None:
        """Return what the model says as the user, None once it is done."""
        rows = [{"role": "system", "content": self._system}, {"role": "user", "content": "Hello, how can I help you?"}]
        turned = {"user": "assistant", "assistant": "user"}
        rows += [
            {"role": turned[message.role], "content": message.content}
            for message in messages
            if message.role in turned and message.content
        ]
        number = sum(message.role == "user" for message in messages) + 1
        reply = (await self._chat.reply(f"{self._key}/user/{number}", rows, (), self._seed)).content or ""
        return None if not reply.strip() or _DONE in reply else reply


async def roll_out(
    environment: Environment,
    tasks: Sequence[Task],
    setting: Setting,
    *,
    agent: str | Chat = "expert",
    user: Chat | None = None,
    watch: Callable[[Tried], object] = lambda _tried: None,
) -> list[Tried]:
    """Try every task, and return the tries by task and number, whatever order they ended in.

    Args:
        environment: Where to run.
        tasks: What to try.
        setting: How often, and how.
        agent: A model, or one of `WITHOUT_MODEL`.
        user: A model that plays the user; None: the scripted user.
        watch: Told of each try as it ends.
    """
    gate = asyncio.Semaphore(setting.concurrency)

    async def one(task: Task, number: int) -> Tried:
        async with gate:
            tried = await _try(environment, task, number, setting, agent, user)
        watch(tried)
        return tried

    return await asyncio.gather(*(one(task, number) for task in tasks for number in range(1, setting.tries + 1)))


async def _try(
    environment: Environment, task: Task, number: int, setting: Setting, agent: str | Chat, user: Chat | None
) -> Tried:
    seed = setting.seed + number - 1
    key = f"{task.id}/{number}"
    client: User = ScriptedUser(environment, task)
    if user is not None:
        client = ModelUser(user, environment, task, key, seed)
    try:
        actor = _agent(environment, task, agent, key, seed)
        run = live_run(environment, task, seed=seed, faults=setting.faults)
        messages, stop = await converse(
            run, actor, client, most_calls=setting.most_calls, most_turns=setting.most_turns
        )
        extra: dict[str, Json] = {"try": number, "seed": seed, "stopped": stop}
        trajectory = Trajectory(
            id=f"{task.id}#{number}",
            messages=messages,
            tools=offered(environment),
            task=task.id,
            source=agent if isinstance(agent, str) else agent.model,
            extra=extra,
        )
        return Tried(task.id, number, judge(environment, task, trajectory))
    except (Unanswered, StubError) as error:
        return Tried(task.id, number, None, str(error))


def _agent(environment: Environment, task: Task, agent: str | Chat, key: str, seed: int) -> Agent:
    if isinstance(agent, Chat):
        return ModelAgent(agent, environment, key, seed)
    if agent == "expert":
        return Expert(environment, task, seed=seed)
    return RandomCalls(environment, seed=seed) if agent == "random" else DoNothing()


def rates(tried: Sequence[Tried]) -> list[Rate]:
    """Return what became of each task, in the order of the tries; a try that broke is not counted."""
    by_task: dict[str, list[Judged]] = {}
    for one in tried:
        by_task.setdefault(one.task, []).extend([] if one.judged is None else [one.judged])
    return [
        Rate(
            task,
            len(judged),
            sum(one.passed for one in judged),
            sum(one.reward.total for one in judged) / len(judged) if judged else 0.0,
            any(one.vacuous for one in judged),
        )
        for task, judged in by_task.items()
    ]


def pass_at(k: int, tries: int, passed: int) -> float:
    """Return the chance that at least one of k tries passes, estimated without bias from more of them (pass@k).

    Raises:
        ValueError: If there are fewer than k tries.
    """
    return 1 - comb(_enough(k, tries) - passed, k) / comb(tries, k)


def pass_all(k: int, tries: int, passed: int) -> float:
    """Return the chance that all of k tries pass, estimated without bias from more of them (pass^k).

    Raises:
        ValueError: If there are fewer than k tries.
    """
    return comb(passed, k) / comb(_enough(k, tries), k)


def _enough(k: int, tries: int) -> int:
    if not 1 <= k <= tries:
        raise ValueError(f"{k} tries cannot be estimated from {tries}")
    return tries


def mean_over_tasks(estimate: Callable[[int, int, int], float], k: int, found: Sequence[Rate]) -> float | None:
    """Return an estimate averaged over the tasks that say anything, None where none has k tries.

    A vacuous task says nothing.
    """
    values = [estimate(k, one.tries, one.passed) for one in found if one.tries >= k and not one.vacuous]
    return sum(values) / len(values) if values else None
