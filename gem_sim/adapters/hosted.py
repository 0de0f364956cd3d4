"""What hosted toolkits have in common: what their tools are, what is refused at once, the Environment around them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from jsonschema_rs import Draft202012Validator
from pydantic import BaseModel

from gem_sim.adapters.signature import tool_of
from gem_sim.canonical import Json, digest
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.simulator.schema import complaints, validator
from gem_sim.source import Passage
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.tool import Tool, ToolCall, ToolResult

Schemas = Mapping[str, Mapping[str, dict[str, Json]]]


class About(NamedTuple):
    """What is said of a hosted environment.

    `title` for people, empty takes the name; `policy` holds the rules an agent is told; `clock` is what the run's
    clock says, while toolkits have their own time; `tasks` is what an agent can be asked to do. `reads` names the
    tools that only read, the others may write. `schemas` is tool → argument → JSON Schema, where a type hint is
    missing or wrong.
    """

    title: str = ""
    policy: Sequence[str] = ()
    clock: str = "2026-01-01T00:00:00Z"
    tasks: Sequence[Task] = ()
    reads: Collection[str] = ()
    schemas: Schemas | None = None


class Raised(Exception):
    """A method raised, which is how a toolkit refuses."""

    def __init__(self, message: str) -> None:
        self.message = message


class Method(NamedTuple):
    """A tool with its compiled validator of arguments."""

    tool: Tool
    arguments: Draft202012Validator

    def complaint(self, tool_call: ToolCall) -> str | None:
        """Return why a call cannot be tried at all, None where it can."""
        if tool_call.unreadable is not None:
            return "The arguments are not a JSON object."
        if self.arguments.is_valid(tool_call.arguments):
            return None
        first = next(complaints(self.tool.parameters or {}, tool_call.arguments), None)
        return None if first is None else f"The arguments are invalid at {first.path}: {first.message}"


def methods_of(functions: Mapping[str, Callable[..., object]], about: About) -> dict[str, Method]:
    """Return the tools that functions are.

    Raises:
        InputError: If one cannot be a tool.
    """
    methods = {}
    for name, function in functions.items():
        schemas = (about.schemas or {}).get(name, {})
        tool = tool_of(function, name=name, effect="read" if name in about.reads else None, schemas=schemas)
        methods[name] = Method(tool, validator(tool.parameters or {}))
    return methods


def owners_of(toolkits: Sequence[object]) -> dict[str, int]:
    """Return tool → index of the toolkit that has it.

    Raises:
        InputError: If two toolkits have a tool of the same name.
    """
    owners: dict[str, int] = {}
    for index, toolkit in enumerate(toolkits):
        for name in public_methods(type(toolkit)):
            if name in owners:
                classes = f"{type(toolkits[owners[name]]).__name__} and {type(toolkit).__name__}"
                raise InputError(f"{classes} both have a tool {name!r}", cure="wrap one of them, or host them apart")
            owners[name] = index
    return owners


def public_methods(kind: type) -> Iterator[str]:
    """Yield the names of a class's public methods in the order they are written, those of base classes first."""
    seen = set()
    for base in reversed(kind.__mro__):
        if base is object or base is BaseModel or base.__module__ in ("builtins", "typing", "abc"):
            continue
        for name, value in vars(base).items():
            known = inspect.isfunction(value) or isinstance(value, staticmethod | classmethod)
            if known and not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name


def assemble(
    name: str,
    about: About,
    methods: Mapping[str, Method],
    state: State,
    opener: Callable[..., object],
    kinds: Iterable[type],
) -> Environment:
    """Return the Environment of a hosted toolkit; its digest is over tools, first state and the classes' source."""
    tools = {tool: method.tool for tool, method in methods.items()}
    parts = [name, [tool.model_dump(mode="json") for tool in tools.values()], [_source(kind) for kind in kinds]]
    return Environment(
        name=name,
        title=about.title or name,
        origin="hosted",
        licence="",
        clock=about.clock,
        policy=tuple(about.policy),
        entities={},
        constants={},
        rules={},
        tools=tools,
        stubs={},
        workflows=(),
        state=state,
        passage=Passage(name="source.md", text=""),
        sources={},
        digest=digest([*parts, state.digest]),
        tasks={task.id: task for task in about.tasks},
        opener=opener,
    )


def _source(kind: type) -> list[Json]:
    try:
        return [kind.__qualname__, inspect.getsource(kind)]
    except (OSError, TypeError):
        return [kind.__qualname__, None]


def refused(tool_call: ToolCall, reason: str) -> ToolResult:
    """Return the result of a call that did not take place."""
    return ToolResult.unchecked(tool_call.id, {"error": reason}, True)
