"""NESTFUL: forget which call's result feeds which argument, and find it again by provenance alone.

Nothing is executed: the plans come without services. Every field of a result gets a plausible value, those that a plan
refers to a distinct one; the references are replaced by these values and forgotten.
"""

from __future__ import annotations

import json
import re
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.formats import read_trajectory
from gem_sim.simulator import Replay
from gem_sim.simulator.compare import Renaming
from gem_sim.simulator.replay import ReplayedCall
from gem_sim.source import Passage
from gem_sim.state import State
from gem_sim.tool import ToolResult
from gem_sim.verifier import data_edges, explain

HERE = Path(__file__).resolve().parent
PLANS = HERE.parents[2] / "shared" / "data" / "nestful.jsonl"
SEED = "nestful"
# So many other sets of values are tried, so that no lucky seed decides.
SEEDS = 8
# The pseudo call that gathers what a plan answers; its references are counted apart.
ANSWER = "var_result"

_REFERENCE = re.compile(r"\$(?P<label>var\d+)(?:\.(?P<path>[^$]*))?\$")
_ARGUMENTS = ("query_parameters", "path_parameters", "parameters", "arguments")


class Edge(NamedTuple):
    """A result that feeds an argument: numbers of the calls, from 1, and the place in the result (`$` is all of it)."""

    source: int
    target: int
    argument: str
    path: str


def _beside(name: str) -> ModuleType:
    return import_module(f"benchmarks.nestful.{name}")


def read_plans(path: Path = PLANS) -> list[dict[str, Any]]:
    """Return the published plans.

    Raises:
        InputError: If the data are not there.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        cure = "lay the shared data beside the checkout, as ../shared/data"
        raise InputError(f"cannot be read ({error.strerror})", file=str(path), cure=cure) from None
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def published_edges(plan: dict[str, Any]) -> set[Edge]:
    """Return the edges that the references of a plan state; a reference to no call of the plan states none."""
    numbers = {call["label"]: number for number, call in enumerate(plan["output"], 1) if "label" in call}
    return {
        Edge(numbers[match["label"]], target, argument, f"$.{match['path']}" if match["path"] else "$")
        for target, call in enumerate(plan["output"], 1)
        for argument, value in call["arguments"].items()
        for match in _REFERENCE.finditer(json.dumps(value))
        if numbers.get(match["label"], target) < target
    }


def conversation(plan: dict[str, Any], seed: str = SEED) -> dict[str, Any]:
    """Return a plan as a row of a conversation in which every reference is the value it stands for."""
    made = results(plan, seed)
    messages: list[dict[str, Any]] = [{"role": "user", "content": plan["input"]}]
    for number, call in enumerate(plan["output"], 1):
        arguments = json.dumps(_resolved(call["arguments"], made))
        function = {"name": call["name"], "arguments": arguments}
        messages.append({"role": "assistant", "tool_calls": [{"id": f"c{number}", "function": function}]})
        result = made.get(call.get("label", ""), {"status": "ok"})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(result)})
    return {"id": plan["id"], "messages": messages, "tools": [_offered(tool) for tool in _tools(plan).values()]}


def results(plan: dict[str, Any], seed: str = SEED) -> dict[str, Any]:
    """Return label → result: each declared field plausible, each that is referred to distinct within the plan."""
    plausible = _beside("plausible").Plausible(f"{seed}/{plan['id']}")
    tools, made = _tools(plan), {}
    for call in plan["output"]:
        if "label" in call:
            declared = tools.get(call["name"], {}).get("output_parameters") or {}
            made[call["label"]] = plausible.fields(declared) or {"status": "ok"}
    for match in _REFERENCE.finditer(json.dumps(plan["output"])):
        if match["path"] and match["label"] in made:
            name = next(call["name"] for call in plan["output"] if call.get("label") == match["label"])
            declared = tools.get(name, {}).get("output_parameters") or {}
            _give(made[match["label"]], match["path"].split("."), declared, plausible)
    return made


def _give(result: dict[str, Any], path: list[str], declared: dict[str, Any], plausible: Any) -> None:
    """Put a distinct value at a path of a result; a list or object that is there already is distinct enough."""
    name, *rest = path
    field = declared.get(name)
    field = field if isinstance(field, dict) else {}
    if rest:
        below = result.get(name)
        if isinstance(below, list) and below and isinstance(below[0], dict):
            below = below[0]
        if not isinstance(below, dict):
            below = result[name] = {}
        _give(below, rest, field.get("properties") or (field.get("items") or {}).get("properties") or {}, plausible)
    elif not isinstance(result.get(name), dict | list):
        result[name] = plausible.distinct(name, field)


def _resolved(value: Any, made: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _resolved(item, made) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, made) for item in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole is not None and whole["label"] in made:
        return _at(made[whole["label"]], whole["path"])
    return _REFERENCE.sub(lambda match: _written(match, made), value)


def _written(match: re.Match[str], made: dict[str, Any]) -> str:
    value = _at(made[match["label"]], match["path"]) if match["label"] in made else match[0]
    return value if isinstance(value, str) else json.dumps(value)


def _at(result: Any, path: str | None) -> Any:
    for part in path.split(".") if path else ():
        result = result[0] if isinstance(result, list) else result
        result = result[part]
    return result


def _tools(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {tool["name"]: tool for tool in plan["tools_spec"]}


def _offered(tool: dict[str, Any]) -> dict[str, Any]:
    """Return a tool of theirs as an OpenAI function."""
    properties = {}
    for kind in _ARGUMENTS:
        for name, declared in (tool.get(kind) or {}).items():
            schema: dict[str, Any] = {"description": str(declared.get("description", ""))}
            if declared.get("allowed_values"):
                schema["enum"] = declared["allowed_values"]
            if "default_value" in declared:
                schema["default"] = declared["default_value"]
            properties[name] = schema
    parameters = {"type": "object", "properties": properties}
    function = {"name": tool["name"], "description": str(tool.get("description", "")), "parameters": parameters}
    return {"type": "function", "function": function}


def as_replay(row: dict[str, Any]) -> Replay:
    """Return a conversation as a replay in which every call answered as recorded."""
    trajectory = read_trajectory(row, row["id"])
    state = State({})
    environment = Environment(
        name="nestful", title="", origin="IBM/NESTFUL", licence="Apache-2.0", clock="2024-01-01T00:00:00Z", policy=(),
        entities={}, constants={}, rules={}, tools={tool.name: tool for tool in trajectory.tools}, stubs={},
        workflows=(), state=state, passage=Passage(name="", text=""), sources={}, digest="",
    )  # fmt: skip
    calls = []
    for placed in trajectory.calls():
        recorded = None if placed.answer is None else placed.answer.value()
        answer = ToolResult(call_id=placed.call.id, content=recorded)
        calls.append(ReplayedCall(placed, placed.call, placed.answer is not None, recorded, answer, state, state, ()))
    return Replay(trajectory, environment, None, tuple(calls), state, state, Renaming())


def found_edges(row: dict[str, Any]) -> set[Edge]:
    """Return the edges that provenance finds in a conversation."""
    edges = data_edges(explain(as_replay(row)))
    return {Edge(edge.source, edge.target, edge.argument, edge.path) for edge in edges}


def measure() -> dict[str, Any]:
    """Return `precision` and `recall` over the edges between the calls of all plans, by source, target and argument.

    `same_path` is the share of the found edges that also have the published place in the result. `with_answer` counts
    the pseudo call that gathers a plan's answer too. `missed` and `invented` list the rest. `lowest` is the worst over
    other values, made from `SEEDS` seeds.
    """
    started = time.process_time()
    plans = read_plans()
    between, everything = _tally(plans, SEED, with_answer=False), _tally(plans, SEED, with_answer=True)
    others = [_tally(plans, f"{SEED}/{number}", with_answer=False) for number in range(SEEDS)]
    return {
        "plans": len(plans),
        "edges": between.published,
        "precision": between.precision,
        "recall": between.recall,
        "same_path": round(between.same_path / between.matched, 4),
        "with_answer": {
            "edges": everything.published, "precision": everything.precision, "recall": everything.recall
        },
        "lowest": {"precision": min(t.precision for t in others), "recall": min(t.recall for t in others)},
        "cpu_seconds": round(time.process_time() - started, 3),
        "missed": between.missed,
        "invented": between.invented,
    }  # fmt: skip


def _tally(plans: list[dict[str, Any]], seed: str, *, with_answer: bool) -> _Tally:
    tally = _Tally()
    for plan in plans:
        names = [call["name"] for call in plan["output"]]
        published, found = (
            {edge for edge in edges if with_answer or names[edge.target - 1] != ANSWER}
            for edges in (published_edges(plan), found_edges(conversation(plan, seed)))
        )
        tally.add(plan["id"], published, found)
    return tally


class _Tally:
    """Edges published, found, matched; those that were not."""

    def __init__(self) -> None:
        self.published = self.found = self.matched = self.same_path = 0
        self.missed: list[str] = []
        self.invented: list[str] = []

    def add(self, plan: str, published: set[Edge], found: set[Edge]) -> None:
        """Count the edges of one plan."""
        stated, seen = {edge[:3]: edge for edge in published}, {edge[:3]: edge for edge in found}
        matched = stated.keys() & seen.keys()
        self.published, self.found = self.published + len(stated), self.found + len(seen)
        self.matched += len(matched)
        self.same_path += sum(_same_path(stated[key].path, seen[key].path) for key in matched)
        self.missed += [f"{plan}: {_shown(stated[key])}" for key in sorted(stated.keys() - matched)]
        self.invented += [f"{plan}: {_shown(seen[key])}" for key in sorted(seen.keys() - matched)]

    @property
    def precision(self) -> float:
        """The share of the edges found that were published."""
        return round(self.matched / self.found, 4)

    @property
    def recall(self) -> float:
        """The share of the edges published that were found."""
        return round(self.matched / self.published, 4)


def _same_path(published: str, found: str) -> bool:
    """Tell whether two places are the same, but for the index of a list, which the published ones leave out."""
    return re.sub(r"\[\d+\]", "", found) == re.sub(r"\[\d+\]", "", published)


def _shown(edge: Edge) -> str:
    return f"call {edge.source} {edge.path} → call {edge.target} {edge.argument}"


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    lines = [f"missed    {edge}" for edge in measured["missed"]]
    lines += [f"invented  {edge}" for edge in measured["invented"]]
    everything = measured["with_answer"]
    rows = [
        ("plans", measured["plans"]),
        ("data edges between calls", measured["edges"]),
        ("  precision", measured["precision"]),
        ("  recall", measured["recall"]),
        ("  of those found, at the published path", measured["same_path"]),
        ("data edges, the gathered answer included", everything["edges"]),
        ("  precision", everything["precision"]),
        ("  recall", everything["recall"]),
        (f"lowest precision over {SEEDS} other seeds", measured["lowest"]["precision"]),
        (f"lowest recall over {SEEDS} other seeds", measured["lowest"]["recall"]),
        ("CPU seconds", measured["cpu_seconds"]),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join([*lines, "", *(f"{name:<{width}}  {value:>8}" for name, value in rows)])
