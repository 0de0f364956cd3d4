"""Mutations of calls. Each yields edits in random order; `faults` decides which are faults."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from random import Random

from gem_sim.canonical import Json, same_json, show
from gem_sim.simulator import ReplayedCall
from gem_sim.simulator.mentions import Leaf, leaves, stands_in
from gem_sim.simulator.reground import Replaced
from gem_sim.testing.edits import called, exchanged, replaced_at, with_call_after, without_call
from gem_sim.testing.scene import Draft, Scene
from gem_sim.testing.shifts import fabricated_id, is_date, is_number, other_entity, shifted_date, shifted_number
from gem_sim.tool import Tool

# How far apart two calls may be that change places.
_WINDOW = 4


def drop_call(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory without a call and its answer."""
    for call in _shuffled(scene, rng):
        number, message = call.placed.number, call.placed.message
        yield Draft(
            without_call(scene.trajectory, number),
            what=f"call {number} of {call.placed.call.tool} was taken out, with its answer",
            message=message + 1,
            before=_shown(call),
            origins=tuple(origin for origin in scene.origins if origin != number),
            # What stood behind the answer now stands where the call was.
            gone=Replaced(number, call.placed.call.tool, message, "$", call.recorded, None),
        )


def duplicate_call(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with a call, and its answer, made once more."""
    for call in _shuffled(scene, rng):
        placed = call.placed
        arguments = dict(placed.call.arguments)
        edited = with_call_after(scene.trajectory, placed.number, placed.call.tool, arguments, call.recorded)
        number = _number_after(scene, call)
        yield Draft(
            edited,
            what=f"call {placed.number} of {placed.call.tool} was made once more, as call {number}",
            call=number,
            after=_shown(call),
            origins=(*scene.origins[: number - 1], placed.number, *scene.origins[number - 1 :]),
            touched=(number,),
        )


def reorder_calls(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with two calls, each with its answer, in each other's place."""
    pairs = [pair for pair in combinations(scene.calls, 2) if pair[1].placed.number - pair[0].placed.number <= _WINDOW]
    rng.shuffle(pairs)
    for one, other in pairs:
        first, second = one.placed.number, other.placed.number
        origins = list(scene.origins)
        origins[first - 1], origins[second - 1] = second, first
        tools = f"{one.placed.call.tool} and {other.placed.call.tool}"
        yield Draft(
            exchanged(scene.trajectory, first, second),
            what=f"calls {first} and {second} ({tools}) changed places, with their answers",
            call=first,
            before=[first, second],
            after=[second, first],
            origins=tuple(origins),
            touched=(first, second),
        )


def swap_arguments(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with two arguments of a call in each other's place."""
    for call in _shuffled(scene, rng):
        arguments = call.placed.call.arguments
        pairs = [pair for pair in combinations(arguments, 2) if _alike(arguments[pair[0]], arguments[pair[1]])]
        rng.shuffle(pairs)
        for one, other in pairs:
            swapped = {**arguments, one: arguments[other], other: arguments[one]}
            yield _with_arguments(scene, call, swapped, f"{one} and {other} were swapped")


def fabricate_id(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with an id in an argument that nobody has."""
    for call in _shuffled(scene, rng):
        for leaf in _leaves(call, rng):
            if isinstance(leaf.value, str) and _is_id(leaf, scene):
                yield _with_leaf(scene, call, leaf, fabricated_id(leaf.value, scene, rng), "was made up")


def wrong_entity(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with the id of another row of the same table, one mentioned before and one not."""
    for call in _shuffled(scene, rng):
        for leaf in _leaves(call, rng):
            if not isinstance(leaf.value, str) or leaf.value not in scene.keys:
                continue
            for told in rng.sample([True, False], 2):
                other = other_entity(leaf.value, scene, rng, told=told)
                if other is not None:
                    yield _with_leaf(scene, call, leaf, other, "is that of another")


def shift_number(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with another number in an argument."""
    for call in _shuffled(scene, rng):
        for leaf in _leaves(call, rng):
            if is_number(leaf.value):
                moved = shifted_number(leaf.value, rng)  # type: ignore[arg-type]
                yield _with_leaf(scene, call, leaf, moved, "is another number")


def shift_date(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with another date in an argument."""
    for call in _shuffled(scene, rng):
        for leaf in _leaves(call, rng):
            if isinstance(leaf.value, str) and is_date(leaf.value):
                yield _with_leaf(scene, call, leaf, shifted_date(leaf.value, rng), "is another date")


def wrong_enum(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with another of the values that an argument may have, or with one that it may not."""
    for call in _shuffled(scene, rng):
        for name, value in call.placed.call.arguments.items():
            choices = _choices(scene.environment.tools.get(call.placed.call.tool), name)
            others = [choice for choice in choices if not same_json(choice, value)]
            if not choices:
                continue
            others.insert(0, f"semi-{value}")
            for other in rng.sample(others, min(2, len(others))):
                yield _with_leaf(scene, call, Leaf((name,), value), other, "is another choice")


def extra_write(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with a further call that changes the state and that nobody asked for, honestly answered."""
    tools = [tool for tool in scene.environment.tools.values() if tool.effect != "read"]
    rng.shuffle(tools)
    calls = _shuffled(scene, rng)
    for index, tool in enumerate(tools):
        if not calls:
            return
        site = calls[index % len(calls)]
        arguments = _plausible(tool, site, scene, rng)
        if arguments is None:
            continue
        number = _number_after(scene, site)
        yield Draft(
            with_call_after(scene.trajectory, site.placed.number, tool.name, arguments, None),
            what=f"call {number} of {tool.name} was put in, which nobody asked for",
            call=number,
            after={"tool": tool.name, "arguments": arguments},
            origins=(*scene.origins[: number - 1], None, *scene.origins[number - 1 :]),
            touched=(number,),
            honest=True,
        )


def _plausible(tool: Tool, site: ReplayedCall, scene: Scene, rng: Random) -> dict[str, Json] | None:
    """Return arguments for a call: ids mentioned by then, other values as in another call of the tool.

    None where there is none to take after, or where one is the same as a call that the trajectory has.
    """
    samples = scene.samples.calls(tool.name)
    if not samples:
        return None
    arguments: dict[str, Json] = dict(rng.choice(samples).placed.call.arguments)
    told = scene.told[site.placed.message]
    for name, value in arguments.items():
        if not isinstance(value, str) or value not in scene.keys or rng.random() < 0.3:
            continue
        tables = scene.keys[value]
        near = [key for key, homes in scene.keys.items() if not set(homes).isdisjoint(tables) and stands_in(key, told)]
        if near:
            arguments[name] = rng.choice(near)
    own = (call.placed.call for call in scene.calls)
    return None if any(c.tool == tool.name and same_json(dict(c.arguments), arguments) for c in own) else arguments


def _shuffled(scene: Scene, rng: Random) -> list[ReplayedCall]:
    calls = list(scene.calls)
    rng.shuffle(calls)
    return calls


def _leaves(call: ReplayedCall, rng: Random) -> list[Leaf]:
    found = [leaf for leaf in leaves(call.placed.call.arguments) if leaf.path]
    rng.shuffle(found)
    return found


def _with_leaf(scene: Scene, call: ReplayedCall, leaf: Leaf, value: Json, what: str) -> Draft:
    arguments = replaced_at(call.placed.call.arguments, leaf.path, value)
    what = f"{leaf.place} {what}: {show(value, 60)} instead of {show(leaf.value, 60)}"
    return _with_arguments(scene, call, arguments, what)  # type: ignore[arg-type]


def _with_arguments(scene: Scene, call: ReplayedCall, arguments: dict[str, Json], what: str) -> Draft:
    placed = call.placed
    return Draft(
        called(scene.trajectory, placed.number, arguments=arguments),
        what=f"in call {placed.number} of {placed.call.tool}, {what}",
        message=placed.message + 1,
        call=placed.number,
        before=dict(placed.call.arguments),
        after=arguments,
        origins=scene.origins,
        touched=(placed.number,),
    )


def _alike(one: Json, other: Json) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if is_number(one) and is_number(other):
        return one != other
    return isinstance(one, str) and isinstance(other, str) and one != other


def _is_id(leaf: Leaf, scene: Scene) -> bool:
    name = str(leaf.path[-1] if isinstance(leaf.path[-1], str) else leaf.path[0])
    return leaf.value in scene.keys or name == "id" or name.endswith("_id")


def _choices(tool: Tool | None, argument: str) -> list[Json]:
    properties = (tool.parameters or {}).get("properties") if tool is not None else None
    schema = properties.get(argument) if isinstance(properties, dict) else None
    choices = schema.get("enum") if isinstance(schema, dict) else None
    return list(choices) if isinstance(choices, list) else []


def _number_after(scene: Scene, call: ReplayedCall) -> int:
    """Return the number of a call put in after the message of a call."""
    return 1 + max(c.placed.number for c in scene.original.calls if c.placed.message == call.placed.message)


def _shown(call: ReplayedCall) -> Json:
    placed = call.placed
    return {"tool": placed.call.tool, "arguments": dict(placed.call.arguments), "answer": call.recorded}
