"""Rewrites that make further calls: each is executed first, so its answer is the one that the state gives."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Final

from gem_sim.canonical import Json
from gem_sim.message import Message
from gem_sim.refiner.candidates import as_executed, next_calls, tried
from gem_sim.refiner.scene import Draft, Made, Scene, asks, says, user
from gem_sim.refiner.words import in_words, refused, request, shown, told, with_values
from gem_sim.simulator.session import LiveRun
from gem_sim.trajectory import Trajectory

_MOST: Final = 3


def mistyped_value(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Let the user mistype an id: the call fails, the assistant says so, the user corrects it, the call succeeds."""
    for call in scene.original.calls:
        message = scene.messages[call.placed.message]
        start = call.placed.message - 1
        if start < 0 or scene.messages[start].role != "user" or len(message.tool_calls) != 1 or call.executed_error:
            continue
        text = scene.messages[start].content or ""
        for name, value in call.placed.call.arguments.items():
            if not isinstance(value, str) or text.count(value) != 1 or value in _before(scene, start):
                continue
            wrong = _typo(value, rng)
            if wrong is None or wrong in scene.end.state or any(wrong in rows for rows in scene.end.state.values()):
                continue
            run = _run_before(scene, call.placed.number)
            tool = scene.environment.tools[call.placed.call.tool]
            made = tried(scene, run, tool, {**call.placed.call.arguments, name: wrong})
            if made is None or made.refused is None or made.changed:
                continue
            what = in_words(name)
            corrected = [
                user(text.replace(value, wrong)),
                *asks(scene, tool.name, made.arguments, made.content, message.content),
                says(f"With {wrong} I cannot go on: {made.refused.rstrip('.')}. Could you check the {what}?"),
                user(f"Sorry, I mistyped it. The {what} is {value}."),
                message.model_copy(update={"content": None}),
            ]
            draft = scene.with_messages(
                [*scene.messages[:start], *corrected, *scene.messages[call.placed.message + 1 :]]
            )
            yield Draft(draft, f"{name} is mistyped before call {call.placed.number}, and corrected")


def more_steps(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Ask for one thing more at the end: a call that the state then allows."""
    for made in next_calls(scene, rng):
        if made.refused is None:
            turn = [
                user(request(made.tool, made.arguments, rng)),
                *_done(scene, made),
                says(told(made.tool, made.content)),
            ]
            yield Draft(_at_the_end(scene, turn), f"one more call, of {made.tool.name}")


def several_constraints(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Ask for several things in one turn, in an order, and for one of the answers."""
    for chosen in _groups(scene, rng):
        parts = [with_values(made.tool, made.arguments) for made in chosen]
        numbered = "; ".join(f"{word}, {part}" for word, part in zip(("first", "then", "at last"), parts, strict=False))
        wanted = f"I have several things at once. {numbered[0].upper()}{numbered[1:]}. Please keep to that order."
        calls = [message for made in chosen for message in _done(scene, made)]
        turn = [user(wanted), *calls, says(" ".join(told(made.tool, made.content) for made in chosen[-2:]))]
        tools = ", ".join(made.tool.name for made in chosen)
        yield Draft(_at_the_end(scene, turn), f"several calls in one turn: {tools}")


def question_across_outputs(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Ask what only two answers together can tell: which of two has more of something."""
    found: dict[str, list[Made]] = {}
    for made in next_calls(scene, rng):
        if made.refused is None and not made.changed and isinstance(made.content, dict):
            found.setdefault(made.tool.name, []).append(made)
    for several in found.values():
        for left, right in pairwise(several):
            question = _compared(left, right)
            if question is not None:
                wanted, answer = question
                calls = [*_done(scene, left), *_done(scene, right)]
                turn = [user(wanted), *calls, says(answer)]
                what = f"a question over two answers of {left.tool.name}"
                yield Draft(_at_the_end(scene, turn), what)


def pitfall(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Ask for what a rule forbids: the tool refuses, and the assistant says why and leaves it at that.

    A refusal that quotes no rule is proposed only after those that do.
    """
    rules = {rule.text.rstrip(".") for rule in scene.environment.rules.values()}
    others: list[Made] = []
    for made in next_calls(scene, rng):
        if made.refused is not None and made.tool.effect == "write" and not made.changed:
            if not any(rule in made.refused for rule in rules):
                others.append(made)
                continue
            yield _refused(scene, made, rng)
    for made in others:
        yield _refused(scene, made, rng)


def _refused(scene: Scene, made: Made, rng: Random) -> Draft:
    turn = [user(request(made.tool, made.arguments, rng)), *_done(scene, made), says(refused(made.refused or ""))]
    return Draft(_at_the_end(scene, turn), f"a request that {made.tool.name} refuses")


def _groups(scene: Scene, rng: Random) -> Iterator[list[Made]]:
    """Yield calls of different tools, each possible after the ones before it."""
    for _ in range(_MOST):
        run: LiveRun = scene.end.fork()
        chosen: list[Made] = []
        for made in next_calls(scene, rng, run):
            again = tried(scene, run, made.tool, made.arguments)
            if again is None or again.refused is not None or made.tool.name in {other.tool.name for other in chosen}:
                continue
            run.call(as_executed(scene, made.tool, made.arguments))
            chosen.append(again)
            if len(chosen) == _MOST:
                break
        if len(chosen) > 1:
            yield chosen


def _compared(left: Made, right: Made) -> tuple[str, str] | None:
    """Return a question about two answers of a tool and its answer; None where nothing in them compares."""
    differing = [name for name, value in left.arguments.items() if right.arguments.get(name) != value]
    if len(differing) != 1 or not (isinstance(left.content, dict) and isinstance(right.content, dict)):
        return None
    values = left.arguments[differing[0]], right.arguments.get(differing[0])
    if not all(isinstance(value, str) and value for value in values):
        return None
    names = shown(values[0]), shown(values[1])
    for key, value in left.content.items():
        other = right.content.get(key)
        if _is_number(value) and _is_number(other) and value != other and not key.endswith("id"):
            what = in_words(key)
            first = value > other  # type: ignore[operator]
            wanted = f"Which of the two has the greater {what}, {names[0]} or {names[1]}? Please look at both."
            more, less = (names[0], names[1]) if first else (names[1], names[0])
            high, low = (value, other) if first else (other, value)
            return wanted, f"{more} has the greater {what}: {shown(high)}. For {less} it is {shown(low)}."
    return None


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at_the_end(scene: Scene, turn: list[Message]) -> Trajectory:
    """Return the trajectory with one turn more; a last word of the user is answered first."""
    answered = [says("You are welcome. Is there anything else?")] if scene.messages[-1].role == "user" else []
    return scene.with_messages([*scene.messages, *answered, *turn])


def _done(scene: Scene, made: Made) -> list[Message]:
    return asks(scene, made.tool.name, made.arguments, made.content)


def _before(scene: Scene, index: int) -> str:
    return "\n".join(message.content or "" for message in scene.messages[:index])


def _run_before(scene: Scene, number: int) -> LiveRun:
    """Return a live run as it was before a call; calls count from 1."""
    run = scene.end.fork()
    run.rollback(len(scene.original.calls) - number + 1)
    return run


def _typo(value: str, rng: Random) -> str | None:
    """Return a value with two neighbouring figures exchanged, None where that changes nothing."""
    places = [
        index for index in range(len(value) - 1)
        if value[index].isdigit() and value[index + 1].isdigit() and value[index] != value[index + 1]
    ]  # fmt: skip
    if not places:
        return None
    at = rng.choice(places)
    return value[:at] + value[at + 1] + value[at] + value[at + 2 :]
