"""OpenEnv: an environment for its server, with task discovery, rewards at the end, and one instance a session.

An agent steps with OpenEnv's own `CallToolAction` (tested: openenv 0.10). The action `respond` with a `message` is what
the agent says to the user at the end: it ends the episode and brings the reward; until then there is none.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import uuid4

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment as OpenEnvironment
from openenv.core.env_server.mcp_types import CallToolAction, ListToolsAction
from openenv.core.env_server.mcp_types import Tool as OfferedTool
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State
from pydantic import Field

from gem_sim.adapters.talk import MOST_CALLS, Attempt, offered
from gem_sim.environment import Environment
from gem_sim.errors import InputError

RESPOND: Final = "respond"
_SPLIT: Final = "all"


class ToolObservation(Observation):
    """What an agent gets to see: after `reset` the instruction, the policy and the tools, after a call its result."""

    tool_name: str = Field(default="", description="The tool that was called; empty after a reset")
    result: Any = Field(default=None, description="Its answer; a refusal is an object with `error`")
    instruction: str = Field(default="", description="What the user wants; after a reset only")
    policy: list[str] = Field(default_factory=list, description="The rules the agent works by; after a reset only")
    tools: list[OfferedTool] = Field(default_factory=list, description="After a reset, or when asked to list them")


class GemSimEnvironment(OpenEnvironment[Action, ToolObservation, State]):
    """Episodes of one environment.

    Args:
        environment: Where the tools run.
        most_calls: After so many calls the episode ends by itself.
        faults: How often a tool goes wrong, from 0 to 1.

    Raises:
        InputError: If the environment has no tasks.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, environment: Environment, *, most_calls: int = MOST_CALLS, faults: float = 0.0) -> None:
        super().__init__()
        if not environment.tasks:
            raise InputError(f"environment {environment.name!r} has no tasks", cure="write some into its tasks.jsonl")
        self._environment = environment
        self._most_calls = most_calls
        self._faults = faults
        self._attempt: Attempt | None = None
        self._episode: str | None = None
        self._reward: float | None = None

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        task: str | None = None,
        split: str = _SPLIT,
        index: int = 0,
        **_options: Any,
    ) -> ToolObservation:
        """Start a task: the one of that id, else that of the split at the index.

        Raises:
            InputError: If there is no such task.
        """
        name = self.get_task(split, index)["id"] if task is None else task
        self._attempt = Attempt(self._environment, name, seed=seed or 0, faults=self._faults)
        self._episode = episode_id or str(uuid4())
        self._reward = None
        return ToolObservation(
            instruction=self._attempt.task.instruction, policy=list(self._environment.policy), tools=self._tools()
        )

    def step(self, action: Action, timeout_s: float | None = None, **_options: Any) -> ToolObservation:  # noqa: ARG002
        """Make a call, list the tools, or respond to the user, which ends the episode.

        Raises:
            InputError: If the episode has not begun or is over.
        """
        if isinstance(action, ListToolsAction):
            return ToolObservation(tools=self._tools())
        if not isinstance(action, CallToolAction):
            raise InputError(f"there is no action {type(action).__name__}", cure="use CallToolAction")
        attempt = self._attempt
        if attempt is None or self._reward is not None:
            raise InputError("the episode has not begun or is over", cure="reset first")
        if action.tool_name == RESPOND and RESPOND not in self._environment.tools:
            attempt.say(str(action.arguments.get("message", "")))
            return self._over(ToolObservation(tool_name=RESPOND))
        result = attempt.call(action.tool_name, action.arguments)
        observation = ToolObservation(tool_name=action.tool_name, result=result)
        return self._over(observation) if attempt.calls >= self._most_calls else observation

    def _over(self, observation: ToolObservation) -> ToolObservation:
        assert self._attempt is not None
        self._reward = self._attempt.judged().reward.total
        return observation.model_copy(update={"done": True, "reward": self._reward})

    @property
    def state(self) -> State:
        """The episode's id, how many calls were made, the task and the digest of the state."""
        attempt = self._attempt
        if attempt is None:
            return State()
        digest = attempt.run.state.digest
        return State(episode_id=self._episode, step_count=attempt.calls, task=attempt.task.id, state_digest=digest)

    def get_metadata(self) -> EnvironmentMetadata:
        """Return name and description."""
        environment = self._environment
        return EnvironmentMetadata(
            name=environment.name, description=environment.title, version=environment.digest[:12]
        )

    def list_splits(self) -> list[Any]:
        """Return the one split."""
        return [_SPLIT]

    def list_tasks(self, split: str) -> list[Any]:
        """Return each task's id, instruction and index."""
        tasks = self._environment.tasks.values() if split == _SPLIT else ()
        return [{"id": task.id, "instruction": task.instruction, "index": n} for n, task in enumerate(tasks)]

    def num_tasks(self, split: str) -> int:
        """Return how many tasks a split has."""
        return len(self.list_tasks(split))

    def get_task(self, split: str, index: int) -> Any:
        """Return one task; raises IndexError where there is none."""
        return self.list_tasks(split)[index]

    def get_task_range(self, split: str, start: int | None = None, stop: int | None = None) -> list[Any]:
        """Return the tasks of a slice."""
        return self.list_tasks(split)[start:stop]

    def _tools(self) -> list[OfferedTool]:
        listed = [
            OfferedTool(name=tool.name, description=tool.description, input_schema=tool.parameters or {})
            for tool in offered(self._environment)
        ]
        schema = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
        respond = OfferedTool(name=RESPOND, description="Say this to the user and end.", input_schema=schema)
        return listed if RESPOND in self._environment.tools else [*listed, respond]


def openenv_app(environment: Environment, *, sessions: int = 64, **options: Any) -> Any:
    """Return OpenEnv's FastAPI application of an environment; `options` go to `GemSimEnvironment`."""
    return create_app(
        partial(GemSimEnvironment, environment, **options),
        CallToolAction,
        ToolObservation,
        env_name=environment.name,
        max_concurrent_envs=sessions,
    )
