"""A stub from lines, in an environment of one tool, for tests of the sandbox."""

from __future__ import annotations

from typing import Any

from gem_sim.compiler.function import Surroundings, compile_tool
from gem_sim.environment import Constant, Rule
from gem_sim.sandbox import Code, Limits, Moment, Outcome, Program, Runner
from gem_sim.state import State
from gem_sim.tool import Stub, Tool

CLOCK = "2026-03-02T09:00:00Z"
CONSTANTS: dict[str, Any] = {"MOST": 3, "SIZES": [10, 20], "PRICES": {"plain": [1, 2]}}
ROWS: dict[str, Any] = {
    "books": {
        "B1": {"book_id": "B1", "title": "Ängste", "copies": 2, "tags": ["a", "b"]},
        "B2": {"book_id": "B2", "title": "Bäume", "copies": 0, "tags": []},
    },
    "loans": {},
}


def compiled(body: str, *arguments: str) -> Stub:
    """Return the stub of a body that takes these arguments, all of any type."""
    parameters: dict[str, Any] = {"type": "object", "properties": {name: {} for name in arguments}}
    tool = Tool(name="tool", parameters=parameters, body=tuple(body.split("\n")))
    constants = {name: Constant(value=value) for name, value in CONSTANTS.items()}
    rules = {"R1": Rule(text="At most three.", kind="limit")}
    return compile_tool(tool, Surroundings(constants, rules, {}, frozenset(ROWS), {}))


def program(body: str, *arguments: str) -> Program:
    """Return a program with this one stub, `tool`."""
    stub = compiled(body, *arguments)
    return Program({"tool": Code(stub.code, stub.function)}, CONSTANTS, {"R1": "At most three."})


def moment(state: State | None = None) -> Moment:
    """Return the moment at which everything starts."""
    return Moment(State(ROWS) if state is None else state, CLOCK, {}, 0)


def outcome(body: str, limits: Limits | None = None, **arguments: Any) -> Outcome:
    """Run a body once in this process."""
    names = compiled(body, *arguments).names
    given = {names[name]: value for name, value in arguments.items()}
    return Runner(program(body, *arguments)).call("tool", given, moment(), limits or Limits())


def result(body: str, **arguments: Any) -> Any:
    """Return what a body returns."""
    return outcome(body, **arguments).content
