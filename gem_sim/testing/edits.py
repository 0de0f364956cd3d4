"""Edits of a trajectory: one call or one answer changed, taken out, put in or moved, and nothing else.

Calls are named by their number, from 1, as `Trajectory.calls` counts them.
"""

from __future__ import annotations

from typing import TypeAlias

from gem_sim.canonical import Json
from gem_sim.message import Message
from gem_sim.simulator.reground import answer_index, with_answer
from gem_sim.tool import ToolCall
from gem_sim.trajectory import PlacedCall, Trajectory

Path: TypeAlias = tuple[str | int, ...]


def placed_at(trajectory: Trajectory, number: int) -> PlacedCall:
    """Return the call of that number, with its place."""
    return next(placed for placed in trajectory.calls() if placed.number == number)


def rewritten(trajectory: Trajectory, index: int, message: Message | None) -> Trajectory:
    """Return a trajectory with another message at `index`; None takes it out."""
    messages = list(trajectory.messages)
    messages[index : index + 1] = [] if message is None else [message]
    return trajectory.model_copy(update={"messages": tuple(messages)})


def with_text(trajectory: Trajectory, index: int, text: str) -> Trajectory:
    """Return a trajectory in which the message at `index` says something else."""
    return rewritten(trajectory, index, trajectory.messages[index].model_copy(update={"content": text}))


def answered(trajectory: Trajectory, number: int, value: Json) -> Trajectory:
    """Return a trajectory in which a call got another answer."""
    index = answer_index(trajectory, placed_at(trajectory, number))
    return rewritten(trajectory, index, with_answer(trajectory.messages[index], value))


def called(trajectory: Trajectory, number: int, *, tool: str | None = None, arguments: dict[str, Json]) -> Trajectory:
    """Return a trajectory in which a call has other arguments, and another tool where one is named."""
    placed = placed_at(trajectory, number)
    changes = {"arguments": arguments, "tool": tool or placed.call.tool}
    return _with_call(trajectory, placed, placed.call.model_copy(update=changes))


def without_call(trajectory: Trajectory, number: int) -> Trajectory:
    """Return a trajectory without a call and its answer; what the assistant said with it stays."""
    placed = placed_at(trajectory, number)
    trajectory = rewritten(trajectory, answer_index(trajectory, placed), None)
    message = trajectory.messages[placed.message]
    left = tuple(call for call in message.tool_calls if call is not placed.call)
    if left:
        return rewritten(trajectory, placed.message, message.model_copy(update={"tool_calls": left}))
    following = trajectory.messages[placed.message + 1 : placed.message + 2]
    if not message.content:
        return rewritten(trajectory, placed.message, None)
    if following and following[0].role == "assistant":
        # Two messages in a row would show that something was taken out.
        text = "\n".join(part for part in (message.content, following[0].content) if part)
        trajectory = with_text(trajectory, placed.message + 1, text)
        return rewritten(trajectory, placed.message, None)
    return rewritten(trajectory, placed.message, message.model_copy(update={"tool_calls": ()}))


def with_call_after(
    trajectory: Trajectory, number: int, tool: str, arguments: dict[str, Json], answer: Json
) -> Trajectory:
    """Return a trajectory with a further call, in a message of its own, after the answers to the message of a call."""
    placed = placed_at(trajectory, number)
    end = placed.message + 1 + len(trajectory.answers_after(placed.message))
    known = {call.id for message in trajectory.messages for call in message.tool_calls}
    name = next(name for index in range(len(known) + 1) if (name := f"call_{len(known) + index + 1}") not in known)
    asked = Message(role="assistant", tool_calls=(ToolCall(id=name, tool=tool, arguments=arguments),))
    told = with_answer(Message(role="tool", tool_call_id=name, name=tool), answer)
    messages = (*trajectory.messages[:end], asked, told, *trajectory.messages[end:])
    return trajectory.model_copy(update={"messages": messages})


def exchanged(trajectory: Trajectory, first: int, second: int) -> Trajectory:
    """Return a trajectory in which two calls, each with its answer, have changed places; the call ids stay in place."""
    one, other = placed_at(trajectory, first), placed_at(trajectory, second)
    indexes = answer_index(trajectory, one), answer_index(trajectory, other)
    said = [trajectory.messages[index] for index in indexes]
    for index, here, there in zip(indexes, said, reversed(said), strict=True):
        name = there.name if here.name is not None else None
        told = here.model_copy(update={"content": there.content, "name": name})
        trajectory = rewritten(trajectory, index, told)
    for place, source in ((one, other), (other, one)):
        moved = source.call.model_copy(update={"id": place.call.id})
        trajectory = _with_call(trajectory, place, moved)
    return trajectory


def _with_call(trajectory: Trajectory, placed: PlacedCall, call: ToolCall) -> Trajectory:
    message = trajectory.messages[placed.message]
    calls = tuple(call if old is placed.call else old for old in message.tool_calls)
    return rewritten(trajectory, placed.message, message.model_copy(update={"tool_calls": calls}))


def replaced_at(value: Json, path: Path, new: Json) -> Json:
    """Return a JSON value with another one at a path of keys and indexes."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {key: replaced_at(item, rest, new) if key == head else item for key, item in value.items()}
    if isinstance(value, list):
        return [replaced_at(item, rest, new) if index == head else item for index, item in enumerate(value)]
    return value


def removed_at(value: Json, path: Path) -> Json:
    """Return a JSON value without what stands at a path of at least one key or index."""
    parent, last = value_at(value, path[:-1]), path[-1]
    if isinstance(parent, dict):
        return replaced_at(value, path[:-1], {key: item for key, item in parent.items() if key != last})
    if isinstance(parent, list):
        return replaced_at(value, path[:-1], [item for index, item in enumerate(parent) if index != last])
    return value


def value_at(value: Json, path: Path) -> Json:
    """Return what stands at a path of keys and indexes; None where nothing does."""
    for part in path:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value
