"""Gymnasium: an environment's tasks as `gymnasium.Env`, action and observation as text.

Importing this module registers `gem_sim/<environment>-v0` for every bundled environment (tasks are drawn at each
reset), `gem_sim/<environment>.<task>-v0` for each of its tasks, and `gem_sim/ToolEnv-v0`, which takes `environment`.
"""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import gymnasium
from gymnasium.envs.registration import registry
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Text
from pydantic_core import PydanticSerializationError, to_json

from gem_sim.adapters.episode import Episode, Reward, begin, call, refuse, replay_of, say
from gem_sim.adapters.rewards import end_state
from gem_sim.canonical import Json, parse_json
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.message import Message
from gem_sim.sandbox import Limits
from gem_sim.simulator import bundled_environments, find_environment, load_environment
from gem_sim.task import Task
from gem_sim.tool import Tool, ToolCall
from gem_sim.verifier import verify

# What JSON in ASCII is made of; texts in other scripts are escaped.
CHARACTERS: Final = frozenset(string.printable)
_LONGEST_ACTION: Final = 8192
_ENCODE: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_MOST_SEEDS: Final = 2**31


class ToolEnv(gymnasium.Env[str, str]):
    """A task of an environment as a Gymnasium environment.

    Action: a tool call as JSON, `{"name": "get_order", "arguments": {"order_id": "O1"}}`; a text that does not
    start with `{` is what the agent tells the user in the end, and ends the episode. Observation: JSON in ASCII; at
    first `{"policy", "tools", "instruction"}`, then `{"is_error", "content"}` of each call, and `null` at the end.
    The reward is 0 until the episode ends. Neither observation nor `info` says what the task expects.

    Args:
        environment: The environment, its folder, or the name of a bundled one.
        task: The task or its id; None draws one of the environment's at each reset.
        max_calls: So many calls may be made; then the episode is truncated.
        reward: What an ended episode is worth; None gives 1 if calls brought about all that the task expects, else 0.
        max_text: Most characters of an observation; a longer result is cut and says so.
        limits: What a single call may use.
        render_mode: `ansi` or None; `render` then returns the conversation so far.

    Raises:
        InputError: If there is no such environment or task.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012 - Gymnasium declares it so

    def __init__(
        self,
        environment: Environment | str,
        task: Task | str | None = None,
        *,
        max_calls: int = 30,
        reward: Reward | None = None,
        max_text: int = 65_536,
        limits: Limits | None = None,
        render_mode: str | None = None,
    ) -> None:
        self.environment = _loaded(environment) if isinstance(environment, str) else environment
        self.tasks: Sequence[Task] = tuple(self.environment.tasks.values())
        if task is not None:
            self.tasks = tuple(filter(None, [self.environment.task_of(task)]))
        if max_calls < 1:
            raise InputError("max_calls is less than 1", cure="allow at least one call")
        self.max_calls = max_calls
        self.render_mode = render_mode
        self.action_space = Text(_LONGEST_ACTION, charset=CHARACTERS)
        self.observation_space = Text(max_text, charset=CHARACTERS)
        self._max_text = max_text
        self._reward = goal_reward if reward is None else reward
        self._limits = limits
        tools = [_function(tool) for tool in self.environment.tools.values()]
        self._told = _ENCODE({"policy": self.environment.policy, "tools": tools})
        self._episode: Episode | None = None

    @property
    def episode(self) -> Episode:
        """The episode so far, for rewards, recordings and verdicts; it holds the task, so not for the agent.

        Raises:
            ResetNeeded: Before the first reset.
        """
        if self._episode is None:
            raise ResetNeeded("call reset before anything else")
        return self._episode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Start an episode; `seed` decides generated ids and the task drawn, `options["task"]` names the task.

        Raises:
            InputError: If there is no such task, or the first observation does not fit.
        """
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(_MOST_SEEDS))
        task = self.environment.task_of((options or {}).get("task"))
        if task is None and self.tasks:
            task = self.tasks[drawn % len(self.tasks)]
        made = drawn if seed is None else seed
        self._episode = begin(self.environment, task=task, seed=made, limits=self._limits)
        instruction = "" if task is None else task.instruction
        # The long part is the same each time.
        observation = f'{self._told[:-1]},"instruction":{_ENCODE(instruction)}}}'
        if len(observation) > self._max_text:
            cure = f"give ToolEnv max_text={len(observation)} or more"
            raise InputError(f"policy and tools take {len(observation)} characters", cure=cure)
        return observation, {"task": None if task is None else task.id, "seed": made, "calls": 0}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Make a call, or end the episode by telling the user something.

        Raises:
            ResetNeeded: If the episode is over.
            InputError: If the action is no text.
            StubError: If a stub is broken or hit a limit: no fault of the agent's. The state is as before.
        """
        episode = self.episode
        if episode.ended is not None:
            raise ResetNeeded("the episode is over; call reset")
        if not isinstance(action, str):
            cure = 'give a text: a JSON object {"name", "arguments"}, or what to tell the user'
            raise InputError(f"an action is a text, not of type {type(action).__name__}", cure=cure)
        if not action.lstrip().startswith("{"):
            self._episode = say(episode, "assistant", action)._replace(ended="answered")
            return "null", self._worth(), True, False, self._info()
        id_ = f"call_{episode.calls + 1}"
        asked = read_call(action, id_)
        if isinstance(asked, str):
            episode, result = refuse(episode, ToolCall(id=id_, tool="", unreadable=action), asked)
        else:
            episode, result = call(episode, asked)
        truncated = episode.calls >= self.max_calls
        self._episode = episode._replace(ended="calls") if truncated else episode
        observation = _encoded({"is_error": result.is_error, "content": result.content})
        if len(observation) > self._max_text:
            observation = self._cut(result.is_error, result.content)
        return observation, self._worth() if truncated else 0.0, False, truncated, self._info()

    def render(self) -> str | None:
        """Return the conversation so far as text, None without a render mode."""
        if self.render_mode is None:
            return None
        return "\n".join(_line(item) for item in self.episode.messages)

    def _worth(self) -> float:
        return float(self._reward(self.episode))

    def _info(self) -> dict[str, Any]:
        return {"calls": self.episode.calls}

    def _cut(self, is_error: bool, content: Json) -> str:
        text = _ENCODE(content)
        # Cut inside JSON, each character may need an escape.
        return _ENCODE({"is_error": is_error, "cut": True, "content": text[: (self._max_text - 64) // 2]})


def _encoded(value: dict[str, Json]) -> str:
    """Return a value as `_ENCODE` does, quicker where it can be."""
    try:
        return to_json(value, ensure_ascii=True).decode()
    except PydanticSerializationError:
        # Half of a surrogate pair has no UTF-8.
        return _ENCODE(value)


def read_call(action: str, id_: str) -> ToolCall | str:
    """Return the call that an action spells, else why it is none."""
    try:
        said = parse_json(action)
    except ValueError as error:
        return f"The action starts as a call and is not JSON: {error}"
    name, arguments = (said.get("name"), said.get("arguments", {})) if isinstance(said, dict) else (None, None)
    if not isinstance(name, str):
        return 'The action is no call: write {"name": tool, "arguments": {...}}.'
    if not isinstance(arguments, dict):
        return "The arguments are not a JSON object."
    return ToolCall.unchecked(id_, name, arguments)


def goal_reward(episode: Episode) -> float:
    """Return 1 if calls of the agent brought about all that the task expects, else 0; see `rewards.end_state`."""
    replayed = replay_of(episode)
    return end_state(replayed, verify(replayed))


def _function(tool: Tool) -> dict[str, Json]:
    """Return what an agent is told of a tool: not its body, nor its tables."""
    parameters = tool.parameters or {"type": "object", "properties": {}}
    return {"name": tool.name, "description": tool.description, "parameters": parameters}


def _line(message: Message) -> str:
    calls = [f"{call.tool}({_ENCODE(call.arguments)})" for call in message.tool_calls]
    return f"{message.role}: {message.content or ''}{' '.join(calls)}"


def _loaded(name: str) -> Environment:
    """Load an environment once for all that are made of it, until one of its files changes."""
    folder = find_environment(name)
    return _loaded_once(folder, tuple(sorted((path.name, path.stat().st_mtime_ns) for path in folder.iterdir())))


@lru_cache(maxsize=8)
def _loaded_once(folder: Path, _stamps: tuple[tuple[str, int], ...]) -> Environment:
    return load_environment(folder)


def _register(id_: str, **arguments: object) -> None:
    if id_ not in registry:
        gymnasium.register(id_, entry_point="gem_sim.adapters.gymnasium:ToolEnv", kwargs=arguments)


def register_all() -> None:
    """Register the ids of the bundled environments and their tasks."""
    _register("gem_sim/ToolEnv-v0")
    for name in bundled_environments():
        _register(f"gem_sim/{name}-v0", environment=name)
        for task in _loaded(name).tasks:
            _register(f"gem_sim/{name}.{task}-v0", environment=name, task=task)


register_all()
