"""τ²-bench's telecom domain as an Environment and trajectories: the agent's and the user's tools of inspect-evals.

Its database is small, so the toolkits are hosted as objects (see `native`). As there, what happens on one side is
carried over to the other before each call. The tools of the agent and of the user are tools alike. The id of a bill
that a charge opens is drawn at random there; no gold action of the 114 tasks does, and one that did would be reported
as not deterministic once it is made again.
"""

from __future__ import annotations

import gzip
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from gem_sim.adapters.hosted import About
from gem_sim.adapters.native import host
from gem_sim.adapters.plain import Cells, as_json, changes_of, prints_of
from gem_sim.adapters.tau2 import Recording, answer_of, module, never, shown, store
from gem_sim.adapters.toolkits import Toolkits, Ways
from gem_sim.environment import Environment
from gem_sim.message import Message
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.tool import ToolCall
from gem_sim.trajectory import Trajectory

_SIDES = {"agent": "TelecomAgentTools", "user": "TelecomUserTools"}
# What sets a task up or judges it; no tool of anybody's.
_BACKSTAGE = (
    "assert_",
    "break_",
    "set_user_",
    "set_data_usage",
    "lock_sim",
    "unseat_",
    "simulate_",
    "remove_app_",
    "suspend_line_for_",
)


def load() -> tuple[Environment, list[Recording]]:
    """Return the domain as an Environment with its 114 base tasks, and the recordings of their gold actions.

    Raises:
        InputError: If `inspect-evals` is not installed.
    """
    tasks = _tasks()
    kind = _toolkit_class()

    def start(task: Task | None, seed: int) -> Toolkits:  # noqa: ARG001 - nothing is drawn
        return [_ready(kind, None if task is None else tasks[task.id])]

    ways = Ways(cells=_cells, answer=answer_of, refuses=never)
    about = About(title="τ²-bench telecom")
    environment = host(_ready(kind, None), name="tau2_telecom", start=start, ways=ways, about=about)
    recordings = [_record(task, environment) for task in tasks.values()]
    return replace(environment, tasks={r.task.id: r.task for r in recordings}), recordings


def _tasks() -> dict[str, Any]:
    data = module("utils").TAU2_DATA_DIR / "domains" / "telecom"
    base = set(json.loads((data / "split_tasks.json").read_text(encoding="utf-8"))["base"])
    rows = json.loads(gzip.decompress((data / "tasks.json.gz").read_bytes()))
    kind = module("data_model.tasks").Task
    return {row["id"]: kind.model_validate(row) for row in rows if row["id"] in base}


def _toolkit_class() -> type:
    """Return a class with the tools of both sides as methods, each passing its call on to its side."""
    body: dict[str, Any] = {}
    for side, name in _SIDES.items():
        for tool, function in vars(getattr(module(f"telecom.{name}"), name)).items():
            if inspect.isfunction(function) and not tool.startswith(("_", "initialize", "model_", *_BACKSTAGE)):
                body[tool] = _passed_on(side, function)
    return type("Telecom", (), body)


def _passed_on(side: str, function: Callable[..., object]) -> Callable[..., object]:
    @wraps(function)
    def call(self: Any, **arguments: object) -> object:
        self.environment.sync_tools()
        return getattr(getattr(self, side), function.__name__)(**arguments)

    return call


def _ready(kind: type, task: Any) -> Any:
    """Return a toolkit in the situation of a task of theirs, the functions taken off their store."""
    toolkit: Any = kind()
    for side, name in _SIDES.items():
        original = _loaded(name)
        plain = type(name, (), {key: value for key, value in vars(type(original)).items() if _is_own(value)})()
        for field in type(original).model_fields:
            if field not in ("store", "instance"):
                setattr(plain, field, getattr(original, field))
        setattr(toolkit, side, plain)
    toolkit.environment = module("telecom.environment").Environment(toolkit.user, toolkit.agent)
    _set_up(toolkit, task)
    return toolkit


def _is_own(value: object) -> bool:
    return inspect.isfunction(value) or isinstance(value, property)


def _loaded(name: str) -> Any:
    toolkit = getattr(module(f"telecom.{name}"), name)(store=store(), instance="gem_sim")
    toolkit.initialize()
    return toolkit


def _set_up(toolkit: Any, task: Any) -> None:
    if task is not None and task.initial_state is not None:
        for action in task.initial_state.initialization_actions or ():
            side = toolkit.user if action.env_type == "user" else toolkit.agent
            getattr(side, action.func_name)(**action.arguments)
            toolkit.environment.sync_tools()


class _Theirs:
    """Both toolkits as they are there, in a store of their own."""

    def __init__(self, task: Any) -> None:
        self.agent, self.user = _loaded(_SIDES["agent"]), _loaded(_SIDES["user"])
        self.environment = module("telecom.environment").Environment(self.user, self.agent)
        _set_up(self, task)

    def perform(self, action: Any) -> str:
        """Return what an action answers, as JSON or a text; a refusal as `Error: ` and its message."""
        self.environment.sync_tools()
        side = self.user if action.requestor == "user" else self.agent
        return shown(getattr(side, action.name), action.arguments)


def _cells(toolkit: Any) -> Cells:
    """Return the tables of the agent's database by id, and what the user's phone and surroundings are."""
    database = toolkit.agent.db
    cells: dict[str, Mapping[Any, Any]] = {
        table: {getattr(row, f"{table[:-1]}_id"): row for row in getattr(database, table)}
        for table in type(database).model_fields
    }
    return {**cells, "user": {"device": toolkit.user.db.device, "surroundings": toolkit.user.db.surroundings}}


def _record(task: Any, environment: Environment) -> Recording:
    theirs = _Theirs(task)
    first = _cells(theirs)
    start, prints = State(changes_of(first, State(), {})), prints_of(first)  # type: ignore[arg-type]
    instruction = str(task.user_scenario.instructions)
    messages = [Message(role="user", content=instruction)]
    actions = tuple(task.evaluation_criteria.actions or ())
    for number, action in enumerate(actions, start=1):
        call = ToolCall(id=f"call_{number}", tool=action.name, arguments=as_json(action.arguments))
        messages.append(Message(role="assistant", tool_calls=(call,)))
        messages.append(Message(role="tool", tool_call_id=call.id, name=call.tool, content=theirs.perform(action)))
    messages.append(Message(role="assistant", content="Done."))
    trajectory = Trajectory(
        id=f"telecom-{task.id}",
        messages=tuple(messages),
        tools=tuple(environment.tools.values()),
        task=task.id,
        source="inspect-evals",
    )
    end = changes_of(_cells(theirs), start, prints)
    return Recording(trajectory, Task(id=task.id, instruction=instruction, end=end), actions)
