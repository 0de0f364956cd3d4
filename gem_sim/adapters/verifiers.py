"""verifiers (Prime Intellect): a taskset of an environment's tasks, its tools as a toolset, and a package of both.

Tested with verifiers 0.4 (the v1 interface). verifiers finds a taskset by the name of a top-level package, so
`write_package` writes one, with the environment inside, for `vf-eval` and `vf-validate`. Each rollout
has a tool server of its own, so its state is its own; the reward is worked out from the messages of the trace, by
replay, so nothing that the tool server remembers can be tampered with.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import verifiers.v1 as vf

from gem_sim.adapters.agents import Expert
from gem_sim.adapters.answers import shown
from gem_sim.adapters.rewards import asks_for_nothing
from gem_sim.adapters.talk import Judged, judge, live_run, offered, opening
from gem_sim.adapters.trl import tool_method
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.calls import make_call
from gem_sim.message import Message
from gem_sim.simulator import load_environment
from gem_sim.tool import ToolCall
from gem_sim.trajectory import Trajectory

_FILES = ("environment.json", "source.md", "state.json", "tasks.jsonl")


class GemSimData(vf.TaskData):
    """A row: the environment (a folder, or the name of a bundled one) and the id of its task; not its expected end."""

    environment: str
    task: str


class GemSimToolset(vf.Toolset[vf.ToolsetConfig]):
    """The tools of a task's environment, run in a session of this rollout alone."""

    TOOL_PREFIX = None

    async def setup_task(self, task: GemSimData) -> None:
        """Begin the task."""
        environment = _loaded(task.environment)
        self._environment = environment
        self._run = live_run(environment, environment.tasks[task.task])
        self._calls = 0

    def call(self, tool: str, arguments: dict[str, Any]) -> str:
        """Make a call and return its answer as JSON text."""
        self._calls += 1
        result = self._run.call(ToolCall(id=f"call_{self._calls}", tool=tool, arguments=arguments))
        return json.dumps(shown(result.content), ensure_ascii=False)

    def register(self, mcp: Any) -> None:
        """Offer each tool with the schema that the environment declares."""
        for tool in offered(self._environment):
            mcp.add_tool(
                tool_method(tool, self.call), name=tool.name, description=tool.description, structured_output=False
            )
            known = mcp._tool_manager.get_tool(tool.name)
            known.parameters = tool.parameters or {"type": "object", "properties": {}}


class GemSimTaskConfig(vf.TaskConfig):
    """Knobs of a task: where its tools run."""

    tools: vf.ToolsetConfig = vf.ToolsetConfig()


class GemSimTask(vf.Task[GemSimData, vf.State, GemSimTaskConfig]):
    """A task: its reward, and whether it can be done at all."""

    @classmethod
    def toolsets(cls, config: GemSimTaskConfig) -> list[vf.Toolset]:
        """Return the tool server of a rollout."""
        return [GemSimToolset(config.tools)]

    @vf.reward(weight=1.0)
    async def episode_reward(self, trace: vf.Trace) -> float:
        """Return the reward of `gem_sim.adapters.rewards`, from a replay of the trace."""
        return judged(self.data, trace.messages).reward.total

    @vf.metric
    async def passed(self, trace: vf.Trace) -> float:
        """Return 1 if the task was done and nothing in the conversation is wrong."""
        return float(judged(self.data, trace.messages).passed)

    async def validate(self, runtime: Any) -> bool | None:  # noqa: ARG002
        """Tell whether the scripted expert does the task; None where it finds no way."""
        environment = _loaded(self.data.environment)
        task = environment.tasks[self.data.task]
        if asks_for_nothing(environment, task):
            return False
        return True if Expert(environment, task).has_plan else None


class GemSimConfig(vf.TasksetConfig):
    """Which environment: a folder, or the name of a bundled one."""

    environment: str = "library"
    task: GemSimTaskConfig = GemSimTaskConfig()


class GemSimTaskset(vf.Taskset[GemSimTask, GemSimConfig]):
    """The tasks of an environment."""

    def load(self) -> Iterator[GemSimTask]:
        """Yield a task for each of the environment's."""
        yield from tasks_of(self.config)


def tasks_of(config: GemSimConfig) -> Iterator[GemSimTask]:
    """Yield a task for each of an environment's, policy and instruction as prompts."""
    environment = _loaded(config.environment)
    policy = next((message.content for message in opening(environment)), None)
    for task in environment.tasks.values():
        data = GemSimData(
            id=task.id,
            name=task.id,
            prompt=task.instruction or task.id,
            system_prompt=policy,
            environment=config.environment,
            task=task.id,
        )
        yield GemSimTask(data, config.task)


def judged(data: GemSimData, messages: list[Any]) -> Judged:
    """Replay and judge the messages of a trace.

    Raises:
        GemSimError: If a stub or a check is broken.
    """
    environment = _loaded(data.environment)
    read = tuple(_message(message) for message in messages)
    trajectory = Trajectory(id=data.task, messages=read, tools=offered(environment), task=data.task)
    return judge(environment, environment.tasks[data.task], trajectory)


def write_package(environment: Environment, folder: str | Path) -> Path:
    """Write `<name>_gem_sim/`, a package of a taskset with a copy of the environment, and return its folder.

    Raises:
        InputError: If the environment was not loaded from a folder, or the package exists.
    """
    if environment.folder is None:
        raise InputError(f"environment {environment.name!r} has no folder", cure="load it from one")
    package = f"{environment.name}_gem_sim"
    root = Path(folder) / package
    if root.exists():
        raise InputError("exists already", file=str(root), cure="remove it or name another folder")
    inside = root / package / environment.name
    inside.mkdir(parents=True)
    for name in _FILES:
        if (Path(environment.folder) / name).is_file():
            shutil.copyfile(Path(environment.folder) / name, inside / name)
    for path, text in (
        (root / "pyproject.toml", _PROJECT.format(dashed=package.replace("_", "-"), package=package)),
        (root / package / "__init__.py", _MODULE.format(title=environment.title, name=environment.name)),
    ):
        with atomic_text(path) as file:
            file.write(text)
    return root


_PROJECT = """\
[project]
name = "{dashed}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["verifiers>=0.4,<0.5", "gem-sim"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""

_MODULE = '''\
"""{title}: a taskset for verifiers."""

from collections.abc import Iterator
from pathlib import Path

import verifiers.v1 as vf

from gem_sim.adapters.verifiers import GemSimConfig, GemSimTask, tasks_of

__all__ = ["PackagedTaskset"]


class PackagedConfig(GemSimConfig):
    environment: str = str(Path(__file__).parent / "{name}")


class PackagedTaskset(vf.Taskset[GemSimTask, PackagedConfig]):
    def load(self) -> Iterator[GemSimTask]:
        yield from tasks_of(self.config)
'''


@lru_cache(maxsize=16)
def _loaded(name: str) -> Environment:
    return load_environment(name)


def _message(message: Any) -> Message:
    """Return a message of a trace as one of ours; reasoning and pictures are left out."""
    content = message.content
    text = content if content is None or isinstance(content, str) else vf.types.content_text(content)
    calls = tuple(make_call(call.name, call.arguments, call.id) for call in getattr(message, "tool_calls", None) or ())
    call_id = getattr(message, "tool_call_id", None)
    return Message(role=message.role, content=text, tool_calls=calls, tool_call_id=call_id)


__all__ = ["GemSimTaskset"]

if __name__ == "__main__":
    GemSimToolset.run()
