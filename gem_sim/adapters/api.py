"""The operations of the session server, whatever carries them; `http` puts them on the wire.

Whoever may use them is the trainer: a verdict says what the task expects, so an agent gets results and nothing else.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gem_sim.adapters.episode import Episode, call, rollback, say, verdict_of
from gem_sim.adapters.sessions import Bounds, Sessions
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import StubError
from gem_sim.formats import openai
from gem_sim.message import Message
from gem_sim.tool import Tool, ToolCall, ToolResult

_EXACT = 2**53


class Body(BaseModel):
    """What a request carries; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class Create(Body):
    """`task` null: no goal. `seed` decides generated ids. `instruction` replaces the task's own."""

    task: str | None = None
    seed: int = Field(default=0, ge=-_EXACT, le=_EXACT)
    instruction: str | None = None


class Call(Body):
    """A tool call; without an `id` it is numbered."""

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    id: str | None = None


class Say(Body):
    """What the user or the agent says."""

    role: Literal["user", "assistant"]
    content: str


class Fork(Body):
    """How many sessions to start."""

    count: int = 1


class Rollback(Body):
    """How many calls to go back."""

    calls: int = Field(default=1, ge=0, le=_EXACT)


class Api:
    """The operations on the sessions of one environment.

    Each takes the id of a session, empty where it is about none, and the body where there is one.

    Args:
        environment: What to serve.
        bounds: What clients may use.
    """

    def __init__(self, environment: Environment, bounds: Bounds | None = None) -> None:
        self.environment = environment
        self.sessions = Sessions(environment, bounds)
        self.seconds = 0.0

    async def about(self, _id: str) -> Json:
        """Tell what an agent is told: policy and tools; and the tasks without what they expect."""
        one = self.environment
        return {
            "name": one.name,
            "title": one.title,
            "digest": one.digest,
            "policy": list(one.policy),
            "tools": [_function(tool) for tool in one.tools.values()],
            "tasks": [{"id": task.id, "instruction": task.instruction} for task in one.tasks.values()],
        }

    async def create(self, _id: str, body: Create) -> Json:
        """Start a session."""
        return self._told(await self.sessions.create(task=body.task, seed=body.seed, instruction=body.instruction))

    async def show(self, id_: str) -> Json:
        """Tell where a session stands."""
        return self._told(id_)

    async def call(self, id_: str, body: Call) -> Json:
        """Make a call; a refusal is a result with `is_error`."""
        self.sessions.may_grow(id_)
        started = perf_counter()
        counts = self.sessions.counts
        try:
            result, made = await self.sessions.run(id_, partial(_called, body), quick=True)
        except StubError:
            counts.calls["broken"] += 1
            raise
        counts.calls["refused" if result.is_error else "ok"] += 1
        self.seconds += perf_counter() - started
        return {"id": result.call_id, "is_error": result.is_error, "content": result.content, "calls": made}

    async def say(self, id_: str, body: Say) -> Json:
        """Add to the conversation, which verdicts look at."""
        self.sessions.may_grow(id_)
        await self.sessions.run(id_, lambda episode: (say(episode, body.role, body.content), None))
        return self._told(id_)

    async def fork(self, id_: str, body: Fork) -> Json:
        """Start independent sessions at the moment of this one."""
        return {"ids": list(await self.sessions.fork(id_, body.count))}

    async def rollback(self, id_: str, body: Rollback) -> Json:
        """Go back to the moment before the last calls."""
        await self.sessions.run(id_, lambda episode: (rollback(episode, body.calls), None))
        return self._told(id_)

    async def digest(self, id_: str) -> Json:
        """Return the digest of the state."""
        return {"digest": await self.sessions.run(id_, lambda episode: (episode, episode.session.state.digest))}

    async def verdict(self, id_: str) -> Json:
        """Replay the session and return its verdict. Not for the agent: it says what the task expects."""
        judged = await self.sessions.run(id_, lambda episode: (episode, verdict_of(episode, id_)))
        told: Json = judged.model_dump(mode="json")
        return told

    async def trajectory(self, id_: str) -> Json:
        """Return the conversation so far as a row of OpenAI messages."""
        return await self.sessions.run(id_, lambda episode: (episode, openai.write(episode.trajectory(id_))))

    async def delete(self, id_: str) -> Json:
        """End a session."""
        self.sessions.delete(id_)
        return None

    async def health(self, _id: str) -> Json:
        """Tell that the server answers."""
        return {"status": "ok"}

    def metrics(self) -> str:
        """Return counts and gauges as Prometheus text."""
        counts = self.sessions.counts
        calls = [f'gem_sim_calls_total{{outcome="{name}"}} {number}' for name, number in counts.calls.items()]
        lines = [
            "# TYPE gem_sim_sessions gauge",
            f"gem_sim_sessions {len(self.sessions)}",
            *(
                line
                for name in ("created", "deleted", "expired")
                for line in (
                    f"# TYPE gem_sim_sessions_{name}_total counter",
                    f"gem_sim_sessions_{name}_total {getattr(counts, name)}",
                )
            ),
            "# TYPE gem_sim_calls_total counter",
            *calls,
            "# TYPE gem_sim_call_seconds_total counter",
            f"gem_sim_call_seconds_total {self.seconds:.6f}",
        ]
        return "\n".join(lines) + "\n"

    def _told(self, id_: str) -> Json:
        episode = self.sessions.look(id_)
        said = (item for item in episode.log if isinstance(item, Message) and item.role == "user")
        first = next(said, None)
        return {
            "id": id_,
            "task": None if episode.task is None else episode.task.id,
            "seed": episode.seed,
            "calls": episode.calls,
            "clock": episode.session.clock,
            "instruction": None if first is None else first.content,
        }


def _called(body: Call, episode: Episode) -> tuple[Episode, tuple[ToolResult, int]]:
    asked = ToolCall(id=body.id or f"call_{episode.calls + 1}", tool=body.tool, arguments=body.arguments)
    episode, result = call(episode, asked)
    return episode, (result, episode.calls)


def _function(tool: Tool) -> dict[str, Json]:
    parameters = tool.parameters or {"type": "object", "properties": {}}
    function: dict[str, Json] = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}
