"""Which results feed which arguments: by what the schemas declare, and by what recorded trajectories show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from gem_sim.canonical import Json, freeze
from gem_sim.environment import Environment
from gem_sim.simulator.compare import says_error
from gem_sim.simulator.returns import Leaf, leaves
from gem_sim.tool import Tool
from gem_sim.trajectory import PlacedCall, Trajectory

Witness = Literal["schema", "recorded"]


class Flow(NamedTuple):
    """A result of the tool `before` feeds an argument of `tool`.

    `argument` and `path` are paths as in `takes` (`books[].book_id`); `by` says whether the schemas fit, recorded
    values show it, or both; `seen` counts the recorded values, `example` names the first (None: there is none).
    """

    before: str
    tool: str
    argument: str
    path: str
    by: tuple[Witness, ...]
    seen: int
    example: str | None

    def __str__(self) -> str:
        seen = f", seen {self.seen} times, first in {self.example}" if self.seen else ""
        return f"{self.argument} ← {self.before} → {self.path}: by {' and '.join(self.by)}{seen}"


def identifying(tool: Tool, environment: Environment) -> tuple[str, ...]:
    """Return the arguments of a tool that say what a call is about: keys of entities, and names like `order_id`."""
    properties = (tool.parameters or {}).get("properties")
    return tuple(name for name in (properties if isinstance(properties, dict) else ()) if identifies(name, environment))


def identifies(name: str, environment: Environment) -> bool:
    """Tell whether a field of that name identifies something."""
    return name.endswith(("_id", "_ids", "Id", "Ids")) or any(e.key == name for e in environment.entities.values())


def flows(environment: Environment, trajectories: Iterable[Trajectory] = ()) -> tuple[Flow, ...]:
    """Return the flows between different tools, in the order of the tools.

    By schema, a result feeds an argument of the same name and type that identifies something or is no text; a tool
    that has to be given such a value is no source of it. Texts and values of other names count where a recorded
    value came from there: one that no user had said and no earlier call had used.
    """
    shown = _recorded(environment, trajectories)
    declared = set(_declared(environment))
    order = {name: number for number, name in enumerate(environment.tools)}
    found = []
    for key in declared | shown.keys():
        by: dict[Witness, bool] = {"schema": key in declared, "recorded": key in shown}
        seen, example = shown.get(key, (0, None))
        found.append(Flow(*key, tuple(name for name, told in by.items() if told), seen, example))
    return tuple(sorted(found, key=lambda flow: (order[flow.tool], order[flow.before], flow.argument, flow.path)))


_Key = tuple[str, str, str, str]


def _declared(environment: Environment) -> Iterator[_Key]:
    for tool in environment.tools.values():
        for wanted in leaves(tool.parameters):
            for source in environment.tools.values():
                if source.name == tool.name or wanted.name in _required(source):
                    continue
                for offered in leaves(source.returns):
                    if _fits(wanted, offered, environment):
                        yield source.name, tool.name, wanted.path, offered.path


def _required(tool: Tool) -> list[Json]:
    required = (tool.parameters or {}).get("required")
    return required if isinstance(required, list) else []


def _fits(wanted: Leaf, offered: Leaf, environment: Environment) -> bool:
    if wanted.closed or offered.closed or not _same_type(wanted.types, offered.types):
        return False
    if wanted.name.removesuffix("s") == _full_name(offered) and identifies(wanted.name, environment):
        return True
    if wanted.name.removesuffix("s") != offered.name.removesuffix("s"):
        return False
    return identifies(wanted.name, environment) or (bool(wanted.types) and "string" not in wanted.types)


def _full_name(leaf: Leaf) -> str:
    """Return `order_id` for `orders[].id`: a bare `id` is that of what it stands in."""
    parts = leaf.path.replace("[]", "").split(".")
    return f"{parts[-2].removesuffix('s')}_id" if leaf.name == "id" and len(parts) > 1 else leaf.name


def _same_type(one: frozenset[str], other: frozenset[str]) -> bool:
    def wide(types: frozenset[str]) -> set[str]:
        return {"number" if kind == "integer" else kind for kind in types} - {"null"}

    return not one or not other or bool(wide(one) & wide(other))


def _recorded(environment: Environment, trajectories: Iterable[Trajectory]) -> dict[_Key, tuple[int, str | None]]:
    shown: dict[_Key, tuple[int, str | None]] = {}
    for trajectory in trajectories:
        for key, example in _shown_in(trajectory, environment):
            seen, first = shown.get(key, (0, None))
            shown[key] = (seen + 1, first or example)
    return shown


def _shown_in(trajectory: Trajectory, environment: Environment) -> Iterator[tuple[_Key, str]]:
    """Yield each argument that an earlier result was the first to show."""
    sources: dict[object, tuple[PlacedCall, str]] = {}
    used: set[object] = set()
    for placed in trajectory.calls():
        tool = environment.tools.get(placed.call.tool)
        if tool is None:
            continue
        closed = {leaf.path for leaf in leaves(tool.parameters) if leaf.closed}
        given = [(path, value) for path, value in _leaf_values(placed.call.arguments, "") if path not in closed]
        for path, value in given:
            source = sources.get(freeze(value))
            if source is not None and source[0].call.tool != tool.name and not _said(value, trajectory, placed):
                before, where = source
                example = f"{trajectory.id}: call {before.number} → call {placed.number}"
                yield (before.call.tool, tool.name, path, where), example
        used.update(freeze(value) for _, value in given)
        answer = None if placed.answer is None else placed.answer.value()
        if not says_error(answer):
            for path, value in _leaf_values(answer, ""):
                if freeze(value) not in used:
                    sources.setdefault(freeze(value), (placed, path))


def _said(value: Json, trajectory: Trajectory, placed: PlacedCall) -> bool:
    """Tell whether a value stands in what was said to the agent before a call."""
    told = (m.content for m in trajectory.messages[: placed.message] if m.role in ("user", "system"))
    return any(str(value).lower() in text.lower() for text in told if text)


def _leaf_values(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    """Yield the values that are hardly the same by chance, each with its path: no short texts, no digits."""
    if isinstance(value, list):
        for item in value:
            yield from _leaf_values(item, f"{path}[]")
    elif isinstance(value, dict):
        keyed = _is_table(value)
        for name, item in value.items():
            yield from _leaf_values(item, f"{path}[]" if keyed else f"{path}.{name}".removeprefix("."))
    elif _telling(value):
        yield path, value


def _telling(value: Json) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return abs(value) >= 10 or value != int(value)
    return isinstance(value, str) and len(value) > 2


def _is_table(value: Mapping[str, Json]) -> bool:
    """Tell whether an object maps keys to rows of one shape rather than fields to values."""
    shapes = {frozenset(item) if isinstance(item, dict) else None for item in value.values()}
    return len(value) > 1 and len(shapes) == 1 and None not in shapes and frozenset() not in shapes
