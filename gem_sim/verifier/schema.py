"""Family `schema`: tools, arguments and results against JSON Schema (draft 2020-12)."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from gem_sim.canonical import Json, show
from gem_sim.environment import Environment
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.simulator.compare import says_error
from gem_sim.simulator.schema import all_compiled, complaints, is_valid, schema_problem
from gem_sim.tool import Tool, declared_arguments
from gem_sim.verdict import Finding
from gem_sim.verifier.place import place_of, tools_called

_NAME = attrgetter("name")
_PARAMETERS = attrgetter("parameters")
_REFUSED = attrgetter("result.is_error")


def tool_definition(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each tool offered whose parameters are no JSON Schema."""
    # What was compiled is a schema; nearly always that is all of them.
    if all_compiled(map(_PARAMETERS, replay.trajectory.tools)):
        return
    own = replay.environment.tools
    for tool in replay.trajectory.tools:
        # The environment's own tools were checked when it was made.
        problem = None if own.get(tool.name) is tool else schema_problem(tool.parameters)
        if problem is not None:
            yield Finding(
                code="schema.tool_definition",
                tool=tool.name,
                message=f"the parameters of {tool.name!r} are no JSON Schema: {problem}",
                evidence={"parameters": tool.parameters},
            )


def unknown_tool(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each call whose tool the environment lacks, or the trajectory did not offer."""
    offered = set(map(_NAME, replay.trajectory.tools))
    tools, called = replay.environment.tools, tools_called(replay)
    if called <= tools.keys() and (not offered or called <= offered):
        return
    for call in replay.calls:
        name = call.placed.call.tool
        if name not in tools:
            known: list[Json] = sorted(tools)  # type: ignore[assignment]
            message = f"the environment {replay.environment.name!r} has no tool {name!r}"
            yield Finding(code="schema.unknown_tool", message=message, evidence={"tools": known}, **place_of(call))
        elif offered and name not in offered:
            message = f"the tool {name!r} is not among those offered in the trajectory"
            evidence: dict[str, Json] = {"offered": sorted(offered)}
            yield Finding(code="schema.unoffered_tool", message=message, evidence=evidence, **place_of(call))


def argument(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each argument that is undeclared, missing or breaks its schema."""
    # A run refuses what breaks the schema, so what it accepted does not.
    for call in filter(_REFUSED, replay.calls):
        tool = replay.tool_of(call)
        if tool is None or call.placed.call.unreadable is not None:
            continue
        undeclared: list[Finding] = []
        if not _takes_others(tool, replay.environment):
            undeclared = list(_undeclared(call, tool, declared_arguments(tool)))
        yield from undeclared
        yield from _invalid(call, tool, {finding.argument for finding in undeclared})


def _takes_others(tool: Tool, environment: Environment) -> bool:
    """Tell whether a tool takes arguments it does not declare; only a hosted function (`**options`) can."""
    return tool.name not in environment.stubs and bool((tool.parameters or {}).get("additionalProperties"))


def _undeclared(call: ReplayedCall, tool: Tool, declared: tuple[str, ...]) -> Iterator[Finding]:
    for name, value in call.placed.call.arguments.items():
        if name not in declared:
            yield Finding(
                code="schema.undeclared_argument",
                argument=name,
                message=f"called with {name} = {show(value, 60)}, and {tool.name!r} declares no such argument; it "
                f"declares {', '.join(declared) or 'none'}",
                evidence={"value": value, "declared": list(declared)},
                **place_of(call),
            )


def _invalid(call: ReplayedCall, tool: Tool, undeclared: set[str | None]) -> Iterator[Finding]:
    schema = tool.parameters or {}
    arguments = call.executed.arguments
    if is_valid(schema, arguments):
        return
    for name in _missing(schema, arguments):
        evidence: dict[str, Json] = {"given": list(arguments)}
        message = f"the required argument {name!r} is missing"
        yield Finding(
            code="schema.missing_argument", argument=name, message=message, evidence=evidence, **place_of(call)
        )
    for complaint in complaints(schema, arguments):
        name = complaint.path.removeprefix("$").lstrip(".").split(".")[0].split("[")[0]
        if complaint.path == "$" and complaint.keyword in ("required", "additionalProperties"):
            continue
        if name in undeclared:
            continue
        yield Finding(
            code="schema.argument",
            argument=name or None,
            path=complaint.path,
            message=complaint.message,
            evidence={"value": arguments.get(name), "rule": complaint.keyword},
            **place_of(call),
        )


def _missing(schema: dict[str, Json], arguments: dict[str, Json]) -> list[str]:
    required = schema.get("required")
    return [str(name) for name in required if name not in arguments] if isinstance(required, list) else []


def result(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each recorded answer that reads as a success and breaks the declared `returns`."""
    for call in replay.calls:
        # What a tool answered keeps to its `returns`, and so does what is the same to the letter;
        # what a declared fault makes of an answer need not.
        if call.recorded is call.result.content or call.fault is not None:
            continue
        # What also parts from execution is said better by the family `result`, with both values side by side.
        if call.result.is_error or any(difference.kind != "unspecified" for difference in call.differences):
            continue
        tool = replay.tool_of(call)
        if tool is None or tool.returns is None or not call.has_answer or says_error(call.recorded):
            continue
        for complaint in complaints(tool.returns, call.recorded):
            yield Finding(
                code="schema.result",
                path=complaint.path,
                message=f"the recorded answer breaks `returns`: {complaint.message}",
                evidence={"recorded": show(call.recorded, 400), "rule": complaint.keyword},
                **place_of(call),
            )
