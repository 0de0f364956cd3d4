"""What a call is about: whether an earlier call was about the same, and the call that should have been made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def differing(earlier: ReplayedCall, call: ReplayedCall, names: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments by which two calls are about different things, empty if they may be about the same.

    An earlier call is about the values of its arguments of that name and of such a field at the top of its result.
    Where it has neither, nothing says that it was about something else.
    """
    if not names:
        return ()
    found = []
    wishes, asked, told = call.placed.call.arguments, earlier.placed.call.arguments, earlier.recorded
    if not isinstance(told, dict):
        told = {}
    # Nearly always the earlier one has nothing of these names, or both say the same.
    if asked.keys().isdisjoint(names) and told.keys().isdisjoint(names) and _as_recorded(earlier, call):
        return ()
    for name in names:
        wanted = wishes.get(name)
        if wanted is None:
            continue
        given, answered = asked.get(name), told.get(name)
        if given is None and answered is None:
            if _as_recorded(earlier, call):
                continue
        elif type(wanted) in PLAIN and (
            (given == wanted and type(given) in PLAIN) or (answered == wanted and type(answered) in PLAIN)
        ):
            continue
        stated = [(wanted, known) for wanted, known in _stated(earlier, call, name) if wanted and known]
        if stated and not any(wanted & known for wanted, known in stated):
            found.append(name)
    return tuple(found)


def _stated(earlier: ReplayedCall, call: ReplayedCall, name: str) -> Iterator[tuple[set[object], set[object]]]:
    """Yield what a call wants under a name and an earlier one has there: as recorded, then as executed."""
    yield _values(call.placed.call, name), _about(earlier.placed.call, earlier.recorded, name)
    if not _as_recorded(earlier, call):
        yield _values(call.executed, name), _about(earlier.executed, earlier.result.content, name)


def _as_recorded(earlier: ReplayedCall, call: ReplayedCall) -> bool:
    """Tell whether two calls were run as recorded, and the earlier one's answer is the recorded one."""
    if call.executed is not call.placed.call or earlier.executed is not earlier.placed.call:
        return False
    return earlier.recorded is earlier.result.content


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
