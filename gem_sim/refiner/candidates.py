"""Calls that could come next: their arguments are values that were seen, or that a user may know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

from gem_sim.canonical import Json, freeze
from gem_sim.errors import StubError
from gem_sim.refiner.scene import Made, Scene
from gem_sim.simulator.compare import says_error
from gem_sim.simulator.mentions import leaves
from gem_sim.simulator.schema import is_valid
from gem_sim.simulator.session import LiveRun
from gem_sim.tool import Tool, ToolCall
from gem_sim.workflow import values_at

_TRIES: Final = 6
_OPTIONAL: Final = 0.25
_ELSEWHERE: Final = 0.25


def next_calls(scene: Scene, rng: Random, run: LiveRun | None = None) -> Iterator[Made]:
    """Yield calls tried at the end of a trajectory, none of which it has made; the state of `run` stays as it is.

    Tools that were not called come first. `run` None takes the end of the trajectory.
    """
    at = scene.end if run is None else run
    known = {(c.placed.call.tool, freeze(dict(c.placed.call.arguments))) for c in scene.original.calls}
    tools = sorted(scene.offered, key=lambda tool: (tool.name in scene.called, rng.random()))
    if scene.only_new:
        tools = [tool for tool in tools if tool.name not in scene.called]
    # One of each tool before a second of any, since whoever asks may take the first few only.
    for _ in range(_TRIES):
        for tool in tools:
            arguments = _arguments(tool, scene, rng)
            if arguments is None or (key := (tool.name, freeze(arguments))) in known:
                continue
            known.add(key)
            made = tried(scene, at, tool, arguments)
            if made is not None:
                yield made


def tried(scene: Scene, run: LiveRun, tool: Tool, arguments: dict[str, Json]) -> Made | None:
    """Return what a call would come to; None where the tool is broken or its arguments are invalid.

    Arguments and answer have the ids that the recording gave, the call those that execution made.
    """
    if not is_valid(tool.parameters or {}, arguments):
        return None
    fork = run.fork()
    try:
        result = fork.call(as_executed(scene, tool, arguments))
    except StubError:
        return None
    clock = fork.clock if fork.read_clock else None
    content = scene.original.renaming.as_recorded(result.content, clock)
    refused = _reason(content) if result.is_error or says_error(content) else None
    return Made(tool, arguments, content, refused, fork.state is not run.state)


def as_executed(scene: Scene, tool: Tool, arguments: dict[str, Json]) -> ToolCall:
    """Return a call with the ids that execution made for those of the recording."""
    executed = scene.original.renaming.executed(arguments)
    return ToolCall(id="tried", tool=tool.name, arguments=executed if isinstance(executed, dict) else arguments)


def _reason(content: Json) -> str:
    """Return why a tool refuses, in its own words."""
    texts = [value for value in content.values() if isinstance(value, str)] if isinstance(content, dict) else [content]
    return max((str(text) for text in texts), key=len, default="The request was refused")


def _arguments(tool: Tool, scene: Scene, rng: Random) -> dict[str, Json] | None:
    schema = tool.parameters or {}
    properties, required = schema.get("properties"), schema.get("required")
    needed = required if isinstance(required, list) else []
    drawn: dict[str, Json] = {}
    for name, below in properties.items() if isinstance(properties, dict) else ():
        if name not in needed and rng.random() >= _OPTIONAL:
            continue
        options = _values(tool, name, below if isinstance(below, dict) else {}, scene, rng)
        if options:
            drawn[name] = rng.choice(options)
        elif name in needed:
            return None
    return drawn


def _values(tool: Tool, name: str, schema: Mapping[str, Json], scene: Scene, rng: Random) -> list[Json]:
    """Return values an argument could have: its choices, else those the workflow says, seen ones, stored ones.

    Now and then stored ones come before seen ones, as a user may turn to something else.
    """
    choices = schema.get("enum")
    if isinstance(choices, list):
        return [choice for choice in choices if choice is not None]
    if schema.get("type") == "boolean":
        return [True, False]
    seen, stored = _seen(name, scene), _stored(name, scene)
    others = (stored, seen) if rng.random() < _ELSEWHERE else (seen, stored)
    for found in (_fed(tool, name, scene), *others):
        fitting = {freeze(v): v for v in found if not isinstance(v, dict | list) and is_valid(dict(schema), v)}
        if fitting:
            return list(fitting.values())
    return []


def _fed(tool: Tool, name: str, scene: Scene) -> list[Json]:
    """Return what the steps that feed an argument have answered."""
    found: list[Json] = []
    for workflow in scene.environment.workflows:
        tools = {step.id: step.tool for step in workflow.steps}
        for edge in workflow.dependencies():
            if edge.kind == "data" and edge.argument == name and tools[edge.step] == tool.name:
                for call in scene.original.calls:
                    if call.placed.call.tool == tools[edge.before] and call.has_answer:
                        found += values_at(call.recorded, edge.path or "")
    return [value for value in found if value is not None]


def _seen(name: str, scene: Scene) -> list[Json]:
    """Return what stood under that name in arguments and answers of calls that succeeded."""
    found: list[Json] = []
    for call in scene.original.calls:
        if call.executed_error:
            continue
        for leaf in leaves([dict(call.placed.call.arguments), call.recorded]):
            keys = [part for part in leaf.path if isinstance(part, str)]
            if keys and keys[-1] == name and leaf.value is not None:
                found.append(leaf.value)
    return found


def _stored(name: str, scene: Scene) -> list[Json]:
    """Return what the rows have under that name: a user may know it."""
    found: list[Json] = []
    for table in scene.end.state.values():
        found += [row[name] for row in table.values() if row.get(name) is not None]
    return found[:200]
