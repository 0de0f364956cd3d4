"""What a call is about: whether an earlier call was about the same, and the call that should have been made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gem_sim.canonical import Json, freeze, show
from gem_sim.simulator import ReplayedCall
from gem_sim.tool import Tool, ToolCall

# Types of which equal values are the same JSON value; a flag is no number.
PLAIN = (str, int, float)


class MissingCall(NamedTuple):
    """A call that should have been made: the tool, and those of its arguments that are known."""

    tool: str
    arguments: dict[str, Json]


def missing_call(tool: Tool, call: ReplayedCall) -> MissingCall:
    """Return the call of `tool` that `call` lacks: arguments of the same name have the same value."""
    properties = (tool.parameters or {}).get("properties")
    names = properties if isinstance(properties, dict) else {}
    given = call.placed.call.arguments
    return MissingCall(tool.name, {name: given[name] for name in names if given.get(name) is not None})


def call_text(call: MissingCall) -> str:
    """Return a call as a person writes it; what is not known is left open."""
    known = ", ".join(f"{name}={show(value, 40)}" for name, value in call.arguments.items())
    return f"{call.tool}({known or '…'})"


def differing(earlier: ReplayedCall, call: ReplayedCall, names: Iterable[str]) -> tuple[str, ...]:
    """Return the arguments by which two calls are about different things, empty if they may be about the same.

    An earlier call is about the values of its arguments of that name and of such a field at the top of its result.
    Where it has neither, nothing says that it was about something else.
    """
    found = []
    for name in names:
        wanted = call.placed.call.arguments.get(name)
        # Nearly always: the call says nothing of it, or both say the same.
        if wanted is None or (type(wanted) in PLAIN and _says(earlier, name, wanted)):
            continue
        stated = [(wanted, known) for wanted, known in _stated(earlier, call, name) if wanted and known]
        if stated and not any(wanted & known for wanted, known in stated):
            found.append(name)
    return tuple(found)


def _stated(earlier: ReplayedCall, call: ReplayedCall, name: str) -> Iterator[tuple[set[object], set[object]]]:
    """Yield what a call wants under a name and an earlier one has there: as recorded, then as executed."""
    as_recorded = call.executed is call.placed.call and earlier.executed is earlier.placed.call
    as_recorded = as_recorded and earlier.recorded is earlier.result.content
    # Many an earlier call has nothing of that name.
    if as_recorded and entity_of(earlier, name) is None:
        return
    yield _values(call.placed.call, name), _about(earlier.placed.call, earlier.recorded, name)
    if not as_recorded:
        yield _values(call.executed, name), _about(earlier.executed, earlier.result.content, name)


def _says(call: ReplayedCall, name: str, wanted: Json) -> bool:
    given = call.placed.call.arguments.get(name)
    if type(given) in PLAIN and given == wanted:
        return True
    told = call.recorded.get(name) if isinstance(call.recorded, dict) else None
    return type(told) in PLAIN and told == wanted


def entity_of(call: ReplayedCall, name: str) -> Json:
    """Return what a call is about as recorded: its argument of that name, else the field of its result."""
    value = call.placed.call.arguments.get(name)
    if value is None and isinstance(call.recorded, dict):
        return call.recorded.get(name)
    return value


def _about(call: ToolCall, result: Json, name: str) -> set[object]:
    told = _values(call, name)
    if isinstance(result, dict) and not isinstance(result.get(name), list | dict | None):
        told |= {freeze(result[name])}
    return told


def _values(call: ToolCall, name: str) -> set[object]:
    value = call.arguments.get(name)
    if value is None:
        return set()
    return {freeze(item) for item in value} if isinstance(value, list) else {freeze(value)}
