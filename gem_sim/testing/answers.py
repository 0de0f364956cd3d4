"""Mutations of recorded answers: each contradicts execution, which bore the original out.

Left alone is what a comparison of results cannot and need not see: prose, values that nothing determines, times of the
clock, and ids made in the run that are mentioned once and so may have any name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from gem_sim.canonical import Json, same_json, show
from gem_sim.errors import StubError
from gem_sim.simulator import ReplayedCall
from gem_sim.simulator.compare import PROSE_FIELDS, error_key, says_error
from gem_sim.simulator.mentions import Leaf, bounded, leaves
from gem_sim.simulator.reground import answer_index
from gem_sim.simulator.schema import json_path
from gem_sim.simulator.session import open_session
from gem_sim.testing.edits import Path, answered, removed_at, replaced_at, value_at, with_call_after
from gem_sim.testing.faults import essence, named
from gem_sim.testing.scene import Draft, Scene
from gem_sim.testing.shifts import other_leaf
from gem_sim.tool import is_unspecified

_WHOLE = 1 << 30
_EXCUSES = ("The service is not available.", "Not found.", "The request could not be processed.")


def result_changed(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with another value in an answer."""
    for call in _successes(scene, rng):
        found = [leaf for leaf in leaves(call.recorded) if _counts(leaf.path, leaf.value, call, scene)]
        rng.shuffle(found)
        for leaf in found:
            key = next((str(part) for part in reversed(leaf.path) if isinstance(part, str)), "")
            other = other_leaf(leaf.value, key, call.placed.call.tool, scene, rng)
            if not same_json(other, leaf.value):
                yield _edited(scene, call, leaf.path, leaf.value, other, "is another value")
                break


def result_removed(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory without a field of an answer, or an item of a list in it."""
    for call in _successes(scene, rng):
        paths = [path for path in _nodes(call.recorded) if path and _counts(path, None, call, scene)]
        if paths:
            path = rng.choice(paths)
            old = value_at(call.recorded, path)
            yield _answered(scene, call, removed_at(call.recorded, path), f"{json_path(path)} was taken out", old, None)


def result_added(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with a field that the answer does not have, or an item that the list does not have."""
    fields = _fields(scene)
    for call in _successes(scene, rng):
        paths = [path for path in _nodes(call.recorded) if isinstance(value_at(call.recorded, path), dict | list)]
        rng.shuffle(paths)
        for path in paths:
            old = value_at(call.recorded, path)
            new = _with_field(old, fields, rng) if isinstance(old, dict) else _with_item(old, call, scene, rng)
            if new is not None and _counts(path, None, call, scene):
                yield _edited(scene, call, path, old, new, "has something more")
                break


def error_to_success(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with a refusal recorded as a success."""
    for call in _shuffled(scene, rng):
        if call.executed_error and call.recorded_error:
            answer = _success(call, scene, rng)
            if answer is not None:
                yield _edited(scene, call, (), call.recorded, answer, "was a refusal")


def success_to_error(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with a success recorded as a refusal."""
    for call in _successes(scene, rng):
        refusals = scene.samples.answers(call.placed.call.tool, refused=True)
        texts = [*_EXCUSES, *(rule.text for rule in scene.environment.rules.values())]
        answer: Json = {"error": rng.choice(texts)}
        if refusals and rng.random() < 0.5:
            answer = rng.choice(refusals)
        yield _edited(scene, call, (), call.recorded, answer, "was a success")


def stale_value(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Yield the trajectory with an answer as it would have been before a write; also to a call made once more."""
    # Which id a row would have got is no matter here.
    names = dict.fromkeys(named(scene.original, scene.origins), "<made>")
    writes = [call for call in scene.calls if call.before != call.after]
    pairs = [(write, call) for write in writes for call in scene.calls if call.succeeded and call is not write]
    rng.shuffle(pairs)
    for write, call in pairs:
        later = call.placed.number > write.placed.number
        if not later and call.before != call.after:
            continue
        stale = _answer_at(scene, write.placed.number, call)
        fresh = _answer_at(scene, call.placed.number if later else write.placed.number + 1, call)
        if stale is None or fresh is None or essence(stale, names) == essence(fresh, names):
            continue
        recorded = scene.original.renaming.as_recorded(stale, None)
        if later:
            what = f"is that of the moment before call {write.placed.number}"
            yield _edited(scene, call, (), call.recorded, recorded, what)
        else:
            yield _asked_again(scene, call, write, recorded)


def _asked_again(scene: Scene, call: ReplayedCall, write: ReplayedCall, answer: Json) -> Draft:
    placed = call.placed
    edited = with_call_after(
        scene.trajectory, write.placed.number, placed.call.tool, dict(placed.call.arguments), answer
    )
    return Draft(
        edited,
        what=f"call {placed.number} of {placed.call.tool} was made again after call {write.placed.number}, "
        "with the answer of the moment before it",
        after=answer,
        certain=True,
    )


def _answer_at(scene: Scene, number: int, call: ReplayedCall) -> Json:
    """Return what a call gives at the moment before the call of that number, None where it is refused or breaks."""
    run = open_session(scene.environment, task=scene.original.task)
    try:
        for earlier in scene.original.calls[: number - 1]:
            run.call(earlier.executed)
        result = run.call(call.executed)
    except StubError:
        return None
    return None if result.is_error or says_error(result.content) else result.content


def _shuffled(scene: Scene, rng: Random) -> list[ReplayedCall]:
    calls = list(scene.calls)
    rng.shuffle(calls)
    return calls


def _successes(scene: Scene, rng: Random) -> list[ReplayedCall]:
    return [call for call in _shuffled(scene, rng) if not call.executed_error and not call.recorded_error]


def _edited(scene: Scene, call: ReplayedCall, path: Path, old: Json, new: Json, what: str) -> Draft:
    what = f"{json_path(path)} {what}: {show(new, 60)} instead of {show(old, 60)}"
    return _answered(scene, call, replaced_at(call.recorded, path, new), what, old, new)


def _answered(scene: Scene, call: ReplayedCall, answer: Json, what: str, old: Json, new: Json) -> Draft:
    placed = call.placed
    return Draft(
        answered(scene.trajectory, placed.number, answer),
        what=f"in the answer to call {placed.number} of {placed.call.tool}, {what}",
        message=answer_index(scene.trajectory, placed) + 1,
        call=placed.number,
        before=old,
        after=new,
        certain=True,
    )


def _nodes(value: Json, path: Path = ()) -> Iterator[Path]:
    """Yield the path of a value and of everything in it."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _nodes(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nodes(item, (*path, index))


def _counts(path: Path, value: Json, call: ReplayedCall, scene: Scene) -> bool:
    """Tell whether a change at that place of an answer is one that the comparison promises to see."""
    if path[:1] and path[0] in PROSE_FIELDS:
        return False
    tool = scene.environment.tools.get(call.placed.call.tool)
    executed: Json = call.result.content
    schema: Json = tool.returns if tool is not None and tool.returns is not None else {}
    for part in path:
        schema = _below(schema, part)
        if isinstance(schema, dict) and schema.get("format") == "prose":
            return False
        executed = value_at(executed, (part,))
        if is_unspecified(executed):
            return False
    if any(is_unspecified(leaf) for leaf in _values(executed)):
        return False
    return not isinstance(value, str) or not _may_have_any_name(value, executed, call, scene)


def _below(schema: Json, part: str | int) -> Json:
    if not isinstance(schema, Mapping):
        return {}
    if isinstance(part, int):
        return schema.get("items", {})
    properties = schema.get("properties")
    return properties.get(part, {}) if isinstance(properties, Mapping) else {}


def _values(value: Json) -> Iterator[Json]:
    yield value
    if isinstance(value, dict) and not is_unspecified(value):
        for item in value.values():
            yield from _values(item)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item)


def _may_have_any_name(value: str, executed: Json, call: ReplayedCall, scene: Scene) -> bool:
    """Tell whether a text is a time of the clock, or holds an id made in the run that stands nowhere else."""
    if call.clock is not None and executed == call.clock:
        return True
    made = [scene.original.renaming.name_of(name) or name for c in scene.original.calls for name in c.made]
    return any(sum(_count(name, text) for text in _binding(scene)) == 1 for name in made if name in value)


def _binding(scene: Scene) -> Iterator[str]:
    """Yield the texts in which a name has to be the same everywhere: all but the prose of answers."""
    for message in scene.trajectory.messages:
        if message.role != "tool":
            yield message.content or ""
    for call in scene.original.calls:
        yield show(call.placed.call.arguments, _WHOLE)
        answer = call.recorded
        compared = {k: v for k, v in answer.items() if k not in PROSE_FIELDS} if isinstance(answer, dict) else answer
        yield show(compared, _WHOLE)


def _count(part: str, text: str) -> int:
    number, start = 0, 0
    while (start := bounded(part, text, start)) >= 0:
        number, start = number + 1, start + 1
    return number


def _fields(scene: Scene) -> list[Leaf]:
    """Return fields with their values, as answers of any tool have them."""
    found = []
    for tool in scene.environment.tools:
        for answer in scene.samples.answers(tool, refused=False):
            found += [leaf for leaf in leaves(answer) if leaf.path and isinstance(leaf.path[-1], str)]
    return found


def _with_field(old: dict[str, Json], fields: list[Leaf], rng: Random) -> Json:
    strange = [leaf for leaf in fields if leaf.path[-1] not in old and leaf.path[-1] not in PROSE_FIELDS]
    if not strange:
        return {**old, "discount": 10}
    leaf = rng.choice(strange)
    return {**old, str(leaf.path[-1]): leaf.value}


def _with_item(old: Json, call: ReplayedCall, scene: Scene, rng: Random) -> Json:
    if not isinstance(old, list) or not old:
        return None
    item = rng.choice(old)
    found = [leaf for leaf in leaves(item) if not isinstance(leaf.value, bool)]
    leaf = rng.choice(found)
    key = str(leaf.path[-1]) if leaf.path else ""
    other = other_leaf(leaf.value, key, call.placed.call.tool, scene, rng)
    return [*old, replaced_at(item, leaf.path, other)]


def _success(call: ReplayedCall, scene: Scene, rng: Random) -> Json:
    """Return a success that a tool could have answered: as elsewhere, or as its schema has it."""
    recorded = call.recorded
    if isinstance(recorded, dict) and error_key(recorded) == "status" and not call.result.is_error:
        return {**recorded, "status": "success"}
    known = scene.samples.answers(call.placed.call.tool, refused=False)
    if known:
        return _echoing(rng.choice(known), call)
    tool = scene.environment.tools.get(call.placed.call.tool)
    made = _made_up(tool.returns) if tool is not None and tool.returns is not None else None
    return {"status": "success"} if made is None or says_error(made) else _echoing(made, call)


def _echoing(answer: Json, call: ReplayedCall) -> Json:
    """Return an answer with the arguments of the call where it has fields of their names."""
    if not isinstance(answer, dict):
        return answer
    arguments = call.placed.call.arguments
    return {key: arguments.get(key, value) for key, value in answer.items()}


def _made_up(schema: Json) -> Json:
    """Return a small value that fits the common parts of a JSON Schema."""
    if not isinstance(schema, dict):
        return None
    if "const" in schema:
        return schema["const"]
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object":
        properties = schema.get("properties")
        return {k: _made_up(v) for k, v in properties.items()} if isinstance(properties, dict) else {}
    simple: dict[str, Json] = {"array": [], "integer": 1, "number": 1.5, "boolean": True, "string": "ok"}
    return simple.get(str(kind))
