"""τ²-bench's retail and airline domains as Environments and trajectories, run by the functions of inspect-evals.

Needs the package `inspect-evals` (see benchmarks/README.md). The functions are theirs, on tables instead of their
store; the results recorded in the trajectories come from their own toolkit.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic_core import from_json

from gem_sim.adapters.hosted import About
from gem_sim.adapters.plain import as_json
from gem_sim.adapters.tables import host_tables
from gem_sim.adapters.toolkits import Ways
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.message import Message
from gem_sim.state import Row, State
from gem_sim.task import Task
from gem_sim.tool import ToolCall
from gem_sim.trajectory import Trajectory

DOMAINS = ("retail", "airline")
_CLASSES = {"retail": "RetailAgentTools", "airline": "AirlineAgentTools"}
# Not methods of their toolkit, but tools all the same.
_COMMON = ("calculate", "transfer_to_human_agents")
_CLOSING = "Done."


class Recording(NamedTuple):
    """The gold actions of a task as a trajectory, with the results and the end that their own toolkit makes."""

    trajectory: Trajectory
    task: Task
    actions: tuple[Any, ...]


class Domain(NamedTuple):
    """A domain of theirs: the class of its toolkit, the database as they load it, the tasks with their gold actions."""

    name: str
    toolkit: Any
    database: Any
    tasks: tuple[Any, ...]

    def fresh(self) -> Any:
        """Return a new toolkit of theirs, in a store of its own, that has loaded its database from the file."""
        toolkit = self.toolkit(store=store(), instance="fresh")
        toolkit.initialize()
        return toolkit

    def copied(self) -> Any:
        """Return a new toolkit of theirs, in a store of its own, with a deep copy of the database."""
        toolkit = self.toolkit(store=store(), instance="copied")
        toolkit.initialized = True
        toolkit.db = self.database.model_copy(deep=True)
        return toolkit


def load(name: str) -> tuple[Environment, list[Recording], Domain]:
    """Return a domain as an Environment with its tasks, the recordings of their gold actions, and the domain itself.

    Raises:
        InputError: If `inspect-evals` is not installed.
    """
    domain = read_domain(name)
    environment = _environment(domain)
    recordings = [record(domain, task, environment) for task in domain.tasks]
    return replace(environment, tasks={r.task.id: r.task for r in recordings}), recordings, domain


def read_domain(name: str) -> Domain:
    """Return a domain as inspect-evals has it.

    Raises:
        InputError: If `inspect-evals` is not installed.
    """
    toolkit = getattr(module(f"{name}.{_CLASSES[name]}"), _CLASSES[name])
    data = module("utils").TAU2_DATA_DIR / "domains" / name
    kind = module("data_model.tasks").Task
    tasks = [kind.model_validate(row) for row in json.loads((data / "tasks.json").read_text(encoding="utf-8"))]
    first = toolkit(store=store(), instance="first")
    first.initialize()
    return Domain(name, toolkit, first.db, tuple(tasks))


def store() -> Any:
    """Return a store of theirs for one toolkit; without it every toolkit would stay in the process's own."""
    return importlib.import_module("inspect_ai.util").Store()


def module(name: str) -> Any:
    """Import a module of theirs by its name within `inspect_evals.tau2`.

    Raises:
        InputError: If `inspect-evals` is not installed.
    """
    try:
        return importlib.import_module(f"inspect_evals.tau2.{name}")
    except ModuleNotFoundError as error:
        raise InputError(
            f"the package {error.name} is not installed", cure="install it with `pip install inspect-evals`"
        ) from None


def _environment(domain: Domain) -> Environment:
    database = type(domain.database)
    kinds = {table: field.annotation.__args__[1] for table, field in database.model_fields.items()}
    policy = (module("utils").TAU2_DATA_DIR / "domains" / domain.name / "policy.txt").read_text(encoding="utf-8")
    about = About(title=f"τ²-bench {domain.name}", policy=(policy.strip(),))
    toolkit = _plain_class(domain)
    ways = Ways(answer=answer_of, refuses=never)
    state = State(domain.database.model_dump(mode="json"))
    return host_tables(toolkit, name=f"tau2_{domain.name}", tables=kinds, state=state, ways=ways, about=about)


def _plain_class(domain: Domain) -> type:
    """Return a class of their functions that does not depend on their store."""
    body: dict[str, Any] = {
        name: value
        for name, value in vars(domain.toolkit).items()
        if inspect.isfunction(value) and name not in ("initialize", "model_post_init")
    }
    return type(domain.toolkit.__name__, (), {**body, **{name: staticmethod(_common(name)) for name in _COMMON}})


def _common(name: str) -> Callable[..., str]:
    """Return one of the tools that all domains share as a plain function."""
    execute = getattr(module("common.tools"), name)()

    def waited(*values: Any, **named: Any) -> str:
        return str(asyncio.run(execute(*values, **named)))

    function = inspect.unwrap(execute)
    waited.__name__, waited.__doc__ = name, function.__doc__
    waited.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    waited.__annotations__ = dict(function.__annotations__)
    return waited


def answer_of(result: object) -> Json:
    """Return what the functions answer, which is JSON as a text or a plain text, as the value that it spells."""
    if not isinstance(result, str):
        return as_json(result)
    try:
        value: Json = from_json(result, allow_inf_nan=False)
    except ValueError:
        return result
    return value


def never(content: Json) -> bool:  # noqa: ARG001
    """Tell that no answer is a refusal: these functions raise."""
    return False


def record(domain: Domain, task: Any, environment: Environment) -> Recording:
    """Run the gold actions of a task on a toolkit of theirs and write down what it answers."""
    toolkit = domain.copied()
    instruction = str(task.user_scenario.instructions)
    messages = [Message(role="user", content=instruction)]
    actions = tuple(task.evaluation_criteria.actions or ())
    for number, action in enumerate(actions, start=1):
        call = ToolCall(id=f"call_{number}", tool=action.name, arguments=action.arguments)
        messages.append(Message(role="assistant", tool_calls=(call,)))
        content = perform(toolkit, action)
        messages.append(Message(role="tool", tool_call_id=call.id, name=call.tool, content=content))
    messages.append(Message(role="assistant", content=_CLOSING))
    trajectory = Trajectory(
        id=f"{domain.name}-{task.id}",
        messages=tuple(messages),
        tools=tuple(environment.tools.values()),
        task=task.id,
        source="inspect-evals",
    )
    end = _changes(domain.database, toolkit.db)
    return Recording(trajectory, Task(id=task.id, instruction=instruction, end=end), actions)


def perform(toolkit: Any, action: Any) -> str:
    """Return what a toolkit of theirs shows for an action."""
    return shown(_common(action.name) if action.name in _COMMON else getattr(toolkit, action.name), action.arguments)


def shown(function: Callable[..., object], arguments: Mapping[str, Any]) -> str:
    """Return what a function of theirs answers, as JSON or as its text; a refusal as `Error: ` and its message."""
    try:
        answer = function(**arguments)
    except Exception as error:  # τ² shows every exception of a tool to the agent
        return f"Error: {error}"
    return answer if isinstance(answer, str) else json.dumps(as_json(answer))


def _changes(before: Any, after: Any) -> dict[str, dict[str, Row | None]]:
    """Return in which rows two databases of theirs differ."""
    changes: dict[str, dict[str, Row | None]] = {}
    for table in type(before).model_fields:
        old: Mapping[str, Any] = getattr(before, table)
        new: Mapping[str, Any] = getattr(after, table)
        rows: dict[str, Row | None] = {
            key: row.model_dump(mode="json") for key, row in new.items() if key not in old or old[key] != row
        }
        rows.update({key: None for key in old if key not in new})
        if rows:
            changes[table] = rows
    return changes
