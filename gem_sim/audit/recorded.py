"""A trajectory as a replay of itself, so that checks which need no execution can judge it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from gem_sim.canonical import canonical_bytes
from gem_sim.compiler.function import Surroundings, compile_tool
from gem_sim.environment import Environment
from gem_sim.errors import CompileError
from gem_sim.induce import task_of
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.simulator.compare import Renaming, says_error
from gem_sim.simulator.schema import schema_problem
from gem_sim.source import Passage
from gem_sim.state import State
from gem_sim.tool import Tool, ToolResult
from gem_sim.trajectory import Trajectory

_NOTHING = State({})


def replay_of(trajectory: Trajectory, inferred: Mapping[str, Tool]) -> Replay:
    """Return a replay whose executed answers are the recorded ones; nothing runs.

    The tools are those that the trajectory offers; where it offers none, those `inferred` from all calls.
    """
    environment = _environment(tuple(trajectory.tools) or tuple(inferred.values()))
    calls = []
    for placed in trajectory.calls():
        recorded = None if placed.answer is None else placed.answer.value()
        result = ToolResult(call_id=placed.call.id, content=recorded, is_error=says_error(recorded))
        has_answer = placed.answer is not None
        calls.append(ReplayedCall(placed, placed.call, has_answer, recorded, result, _NOTHING, _NOTHING, ()))
    task = task_of(trajectory).model_copy(update={"state": {}})
    return Replay(trajectory, environment, task, tuple(calls), _NOTHING, _NOTHING, Renaming())


def all_refused(replayed: Replay) -> Replay:
    """Return a replay in which every call is refused, as a run would refuse one whose arguments break the schema."""
    calls = (c._replace(result=c.result.model_copy(update={"is_error": True})) for c in replayed.calls)
    return replayed._replace(calls=tuple(calls))


def _environment(tools: Sequence[Tool]) -> Environment:
    text = canonical_bytes([tool.model_dump(mode="json") for tool in tools])
    return _made(text, _Same(tools))


class _Same(tuple[Tool, ...]):
    """Tools that a cache does not compare: the text beside them says what they are."""

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same)


@lru_cache(maxsize=512)
def _made(_text: bytes, tools: _Same) -> Environment:
    known = Surroundings({}, {}, {}, frozenset(), {})
    by_name: dict[str, Tool] = {}
    stubs = {}
    for tool in tools:
        # A definition that is no JSON Schema is a finding of its own; its calls cannot be judged by it.
        parameters = tool.parameters if schema_problem(tool.parameters) is None else None
        plain = tool.model_copy(update={"parameters": parameters, "body": ("return None",)})
        try:
            stubs[tool.name] = compile_tool(plain, known)
        except CompileError:
            continue
        by_name.setdefault(tool.name, plain)
    return Environment(
        name="the recorded tools",
        title="",
        origin="recorded",
        licence="",
        clock="2026-01-01T00:00:00Z",
        policy=(),
        entities={},
        constants={},
        rules={},
        tools=by_name,
        stubs=stubs,
        workflows=(),
        state=_NOTHING,
        passage=Passage(name="source.md", text=""),
        sources={},
        digest="",
    )
