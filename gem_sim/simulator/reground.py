"""Re-grounding: recorded results replaced by executed ones, and what rests on a replaced value marked.

A value that nothing determines stays as it was recorded, since execution knows none better.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.message import Message
from gem_sim.sandbox import Limits
from gem_sim.simulator.compare import says_error
from gem_sim.simulator.mentions import leaves, sentences, stands_in
from gem_sim.simulator.replay import Replay, ReplayedCall, replay
from gem_sim.task import Task
from gem_sim.tool import is_unspecified
from gem_sim.trajectory import PlacedCall, Trajectory

EXTRA_KEY = "regrounded"
# An id of the execution that the recording did not name must not be its name for another; another seed makes others.
_SEEDS = 16


class Replaced(NamedTuple):
    """One value of an answer that was replaced: `call` and `message` count from 1; None is no value."""

    call: int
    tool: str
    message: int
    path: str
    old: Json
    new: Json


class Mark(NamedTuple):
    """Something that rests on a replaced value: a sentence of a message, or an argument of a call.

    `message` and `call` count from 1. `sentence` is None for an argument; `call` and `argument` (a JSON path) are None
    for a sentence. `old` is the value it rests on, `new` what execution has there, None where it has none.
    """

    message: int
    sentence: str | None
    call: int | None
    argument: str | None
    old: Json
    new: Json


class Regrounded(NamedTuple):
    """A trajectory whose answers are those of execution, what was replaced, and what rests on it.

    Where nothing was replaced `trajectory` is the one given. Else its `extra` holds both lists under "regrounded".
    """

    trajectory: Trajectory
    replaced: tuple[Replaced, ...]
    marks: tuple[Mark, ...]


def reground(
    trajectory: Trajectory, environment: Environment, *, task: str | Task | None = None, limits: Limits | None = None
) -> Regrounded:
    """Replace every recorded answer that execution does not bear out, refusals too, and mark what rests on it.

    Raises:
        StubError: If a stub is broken or hits a limit.
    """
    replayed = _replay_without_clashes(trajectory, environment, task, limits)
    messages = list(trajectory.messages)
    replaced: list[Replaced] = []
    for call in replayed.calls:
        differences = [difference for difference in call.differences if difference.kind != "unspecified"]
        if not differences or call.placed.answer is None:
            continue
        index = answer_index(trajectory, call.placed)
        answer = _executed(call, replayed)
        messages[index] = with_answer(messages[index], answer)
        placed = call.placed
        if not _alike(call.recorded, answer):
            # A success and a refusal have nothing in common that could be laid side by side.
            replaced.append(Replaced(placed.number, placed.call.tool, index + 1, "$", call.recorded, answer))
            continue
        for difference in differences:
            new = replayed.renaming.as_recorded(difference.executed, call.clock)
            replaced.append(
                Replaced(placed.number, placed.call.tool, index + 1, difference.path, difference.recorded, new)
            )
    if not replaced:
        return Regrounded(trajectory, (), ())
    changed = trajectory.model_copy(update={"messages": tuple(messages)})
    marks = tuple(resting(changed, replaced))
    noted: dict[str, Json] = {"replaced": [r._asdict() for r in replaced], "marks": [m._asdict() for m in marks]}
    extra = {**trajectory.extra, EXTRA_KEY: noted}
    return Regrounded(changed.model_copy(update={"extra": extra}), tuple(replaced), marks)


def _replay_without_clashes(
    trajectory: Trajectory, environment: Environment, task: str | Task | None, limits: Limits | None
) -> Replay:
    """Replay with the first seed that makes no id by which the recording calls something else."""
    for seed in range(_SEEDS):
        replayed = replay(trajectory, environment, task=task, seed=seed, limits=limits)
        renaming = replayed.renaming
        made = (name for call in replayed.calls for name in call.made)
        if not any(renaming.name_of(name) is None and renaming.executed(name) != name for name in made):
            break
    return replayed


def answer_index(trajectory: Trajectory, placed: PlacedCall) -> int:
    """Return the index of the message that answers a call.

    Raises:
        ValueError: If none does.
    """
    for index in range(placed.message + 1, len(trajectory.messages)):
        if trajectory.messages[index] is placed.answer:
            return index
    raise ValueError(f"call {placed.number} has no answer")


def with_answer(message: Message, value: Json) -> Message:
    """Return a tool message with another answer, written as JSON unless it is a text."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return message.model_copy(update={"content": text})


def _executed(call: ReplayedCall, replayed: Replay) -> Json:
    content = replayed.renaming.as_recorded(call.result.content, call.clock)
    return _determined(content, call.recorded)


def _determined(executed: Json, recorded: Json) -> Json:
    """Return an executed value with what it leaves unspecified taken from the recording, or left out."""
    if is_unspecified(executed):
        return executed if recorded is None else recorded
    if isinstance(executed, dict):
        known = recorded if isinstance(recorded, dict) else {}
        kept = {key: item for key, item in executed.items() if key in known or not is_unspecified(item)}
        return {key: _determined(item, known.get(key)) for key, item in kept.items()}
    if isinstance(executed, list):
        items = recorded if isinstance(recorded, list) and len(recorded) == len(executed) else [None] * len(executed)
        return [_determined(item, items[index]) for index, item in enumerate(executed)]
    return executed


def resting(trajectory: Trajectory, replaced: Sequence[Replaced], *, outcomes: bool = True) -> Iterator[Mark]:
    """Yield what in a trajectory rests on values that were replaced, in its order.

    A sentence of the assistant or an argument rests on a value where it mentions it, after the answer that had it,
    and nothing the assistant had seen by then (what it was told, and the answers as they are now) mentions it. Where
    an answer turned from success to refusal or back, what the assistant said of it next rests on it as a whole;
    `outcomes` False leaves that out.
    """
    values = [
        (item.message, leaf.value, item.new if leaf.path == () else None)
        for item in replaced
        for leaf in leaves(item.old)
    ]
    turned = {item.message: item for item in replaced if outcomes and _turned(item)}
    seen = ""
    number = 0
    for index, message in enumerate(trajectory.messages):
        if message.role != "assistant":
            seen += f"{message.content or ''}\n"
            continue
        lost = [(old, new) for answer, old, new in values if answer <= index and not stands_in(old, seen)]
        yield from _resting_sentences(message, index, lost, _answer_before(trajectory, index, turned))
        for call in message.tool_calls:
            number += 1
            for leaf in leaves(call.arguments):
                for old, new in lost:
                    if leaf.value == old and type(leaf.value) is type(old):
                        yield Mark(index + 1, None, number, leaf.place, old, new)
                        break


def _alike(recorded: Json, executed: Json) -> bool:
    """Tell whether two answers have a field in common."""
    return isinstance(recorded, dict) and isinstance(executed, dict) and not recorded.keys().isdisjoint(executed)


def _turned(item: Replaced) -> bool:
    if item.path == "$":
        return says_error(item.old) != says_error(item.new)
    key = item.path.removeprefix("$.")
    return says_error({key: item.old}) != says_error({key: item.new})


def _answer_before(trajectory: Trajectory, index: int, turned: dict[int, Replaced]) -> Replaced | None:
    """Return what turned in the answers directly before a message, None where nothing did."""
    while index > 0 and trajectory.messages[index - 1].role == "tool":
        if index in turned:
            return turned[index]
        index -= 1
    return None


def _resting_sentences(
    message: Message, index: int, lost: Sequence[tuple[Json, Json]], turned: Replaced | None
) -> Iterator[Mark]:
    for sentence in sentences(message.content or ""):
        mentioned = next((pair for pair in lost if stands_in(pair[0], sentence.text)), None)
        if mentioned is not None:
            yield Mark(index + 1, sentence.text, None, None, *mentioned)
        elif turned is not None and not sentence.text.endswith("?"):
            yield Mark(index + 1, sentence.text, None, None, turned.old, turned.new)
