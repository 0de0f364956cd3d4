"""Values for arguments: from the rows of a state, from what comparisons asked for, from schemas, and nonsense."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.simulator.schema import is_valid
from gem_sim.state import State
from gem_sim.tool import Tool
from gem_sim.workflow import values_at

_TEXTS: Final = (
    "nonsense",
    "",
    " ",
    "a b",
    "Ω-\u202e\U0001f600",
    "0",
    "2026-02-29",
    "2024-02-29",
    "1999-12-31",
    "23:59",
    "2026-03-10T09:00:00Z",
    "a@b.example",
    "+1 555 0100",
    "12345",
    "X" * 200,
    "AAA",
    "https://a.example/b",
    "00000000-0000-4000-8000-000000000000",
)
_NUMBERS: Final = (0, 1, -1, 2, 3, 10, 100, 10**6, 0.5, 1.5, -0.01, 10**12)
_DAYS: Final = (-30000, -4380, -3650, -400, -31, -7, -1, 0, 1, 2, 7, 30, 400, 36500)


class Field(NamedTuple):
    """Where values of an argument stand in a state: a field of a table, or (None) the keys of its rows."""

    table: str
    field: str | None


def fields_like(environment: Environment, argument: str) -> tuple[Field, ...]:
    """Return the fields whose name is the argument's, or the end of it, or that end in it; the same name first.

    `guarantor_member_id` is like `member_id`, `authorisation_code` like `code`, and `user` like the keys of `users`.
    """
    exact: list[Field] = []
    near: list[Field] = []
    for table in environment.state:
        entity = environment.entities.get(table)
        names = set(_properties(entity.row if entity else None))
        for row in environment.state[table].rows()[:3]:
            names.update(row)
        key = entity.key if entity else None
        singular = table.removesuffix("s")
        if argument in (key, singular, f"{singular}_id", table):
            exact.append(Field(table, None))
        elif key is not None and argument.endswith(f"_{key}"):
            near.append(Field(table, None))
        for name in sorted(names - {key}):
            if name == argument:
                exact.append(Field(table, name))
            elif argument.endswith(f"_{name}") or name.endswith(f"_{argument}"):
                near.append(Field(table, name))
    return (*exact, *near)


class Values:
    """Draws arguments for the tools of one environment; every draw comes from the `random` it is given.

    `learned` grows with what comparisons were seen to ask of an argument: (tool, argument) → values.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.learned: dict[tuple[str, str], dict[str, Json]] = {}
        self._like: dict[str, tuple[Field, ...]] = {}
        self._edges = edges_of(environment)
        constants = [constant.value for constant in environment.constants.values()]
        self._numbers = [n for value in constants if _is_number(value) for n in around(value)]
        self._texts = [value for value in constants if isinstance(value, str)]
        for tool in environment.tools.values():
            for argument in properties_of(tool):
                self._like.setdefault(argument, fields_like(environment, argument))

    def learn(self, tool: str, argument: str, value: Json) -> bool:
        """Note a value that a comparison asked of an argument; False if it is known or there are plenty."""
        known = self.learned.setdefault((tool, argument), {})
        name = repr(value)
        if name in known or len(known) >= 200:
            return False
        known[name] = value
        return True

    def arguments(self, tool: Tool, state: State, random: Random, results: Mapping[str, list[Json]]) -> dict[str, Json]:
        """Draw the arguments of a call; `results` has what earlier calls answered, by tool."""
        required = (tool.parameters or {}).get("required")
        needed = required if isinstance(required, list) else []
        drawn: dict[str, Json] = {}
        optional = random.choice((0.15, 0.5, 0.9))
        for argument, schema in properties_of(tool).items():
            if argument in needed or random.random() < optional:
                drawn[argument] = self.value(tool, argument, schema, state, random, results)
        _align(drawn, self._like, state, random)
        return drawn

    def value(
        self,
        tool: Tool,
        argument: str,
        schema: Mapping[str, Json],
        state: State,
        random: Random,
        results: Mapping[str, list[Json]],
    ) -> Json:
        """Draw a value of one argument that fits its schema, where any draw does."""
        sources: tuple[tuple[float, Callable[[], Json]], ...] = (
            (0.55, lambda: self._from_state(argument, state, random)),
            (0.10, lambda: self._from_results(tool.name, argument, results, random)),
            (0.20, lambda: self._from_learned(tool.name, argument, random)),
            (0.15, lambda: None),
        )
        for _ in range(4):
            place = random.random()
            for share, source in sources:
                place -= share
                if place < 0:
                    found = source()
                    if found is not None and is_valid(schema, found):
                        return found
                    break
            made = self.fresh(argument, schema, state, random)
            if is_valid(schema, made):
                return made
        return self.fresh(argument, schema, state, random)

    def _from_state(self, argument: str, state: State, random: Random) -> Json:
        like = self._like.get(argument, ())
        if not like:
            return None
        field = like[min(int(random.expovariate(1.5)), len(like) - 1)]
        return _pick(state, field, random)

    def _from_results(self, tool: str, argument: str, results: Mapping[str, list[Json]], random: Random) -> Json:
        edges = self._edges.get((tool, argument), ())
        found = [value for before, path in edges for content in results.get(before, ()) for value in _at(content, path)]
        return random.choice(found) if found else None

    def _from_learned(self, tool: str, argument: str, random: Random) -> Json:
        known = self.learned.get((tool, argument))
        return random.choice(list(known.values())) if known else None

    def fresh(self, argument: str, schema: Mapping[str, Json], state: State, random: Random, depth: int = 0) -> Json:
        """Draw a value by the schema alone, around its bounds and the constants, else nonsense of its type."""
        if "const" in schema:
            return schema["const"]
        for word in ("enum", "examples"):
            options = schema.get(word)
            if isinstance(options, list) and options:
                return random.choice(options)
        for word in ("anyOf", "oneOf"):
            options = schema.get(word)
            if isinstance(options, list) and options and depth < 4:
                inner = random.choice(options)
                return self.fresh(argument, inner if isinstance(inner, dict) else {}, state, random, depth + 1)
        kind = schema.get("type")
        kind = random.choice(kind) if isinstance(kind, list) and kind else kind
        if kind == "boolean":
            return random.random() < 0.5
        if kind == "null":
            return None
        if kind in ("integer", "number"):
            return self._number(kind, schema, random)
        if kind == "array":
            return self._array(argument, schema, state, random, depth)
        if kind == "object":
            return self._object(schema, state, random, depth)
        return self._text(schema, state, random)

    def _number(self, kind: object, schema: Mapping[str, Json], random: Random) -> Json:
        bounds = [
            schema[word]
            for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "default")
            if word in schema
        ]
        near = [n for bound in bounds if _is_number(bound) for n in around(bound)]
        number: Any = random.choice([*_NUMBERS, *near, *near, *self._numbers])
        return int(number) if kind == "integer" else number

    def _text(self, schema: Mapping[str, Json], state: State, random: Random) -> Json:
        place = random.random()
        if place < 0.35:
            moment = datetime.fromisoformat(self._environment.clock) + timedelta(days=random.choice(_DAYS))
            return moment.strftime("%Y-%m-%d" if random.random() < 0.8 else "%Y-%m-%dT%H:%M:%SZ")
        if place < 0.55:
            words = _words(state, random)
            return random.choice(words) if words else "nonsense"
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and place < 0.85:
            return _like_pattern(pattern, random)
        made = random.choice([*_TEXTS, *self._texts])
        shortest = schema.get("minLength")
        return made + "x" * (shortest - len(made)) if isinstance(shortest, int) else made

    def _array(self, argument: str, schema: Mapping[str, Json], state: State, random: Random, depth: int) -> Json:
        items = schema.get("items")
        inner = items if isinstance(items, dict) else {}
        low, high = schema.get("minItems"), schema.get("maxItems")
        least, most = low if isinstance(low, int) else 0, high if isinstance(high, int) else 3
        if depth > 3:
            return []
        name = argument.removesuffix("s")
        self._like.setdefault(name, fields_like(self._environment, name))
        made = []
        for _ in range(random.randint(least, max(least, min(most, least + 3)))):
            known = self._from_state(name, state, random)
            fits = known is not None and is_valid(inner, known)
            made.append(known if fits else self.fresh(name, inner, state, random, depth + 1))
        return made

    def _object(self, schema: Mapping[str, Json], state: State, random: Random, depth: int) -> Json:
        required = schema.get("required")
        needed = required if isinstance(required, list) else []
        made: dict[str, Json] = {}
        for name, inner in _properties(schema).items():
            if depth < 4 and (name in needed or random.random() < 0.5):
                self._like.setdefault(name, fields_like(self._environment, name))
                known = self._from_state(name, state, random)
                fits = known is not None and is_valid(inner, known)
                made[name] = known if fits else self.fresh(name, inner, state, random, depth + 1)
        return made


def around(value: Any) -> list[Any]:
    """Return a number and its neighbours: the ones a limit is decided by."""
    if isinstance(value, bool):
        return [value]
    step = [value - 1, value, value + 1]
    return step if isinstance(value, int) else [*step, value - 0.01, value + 0.01]


def answers_for(argument: Json, operands: tuple[Any, ...]) -> list[Json]:
    """Return what to put in place of an argument that was one operand of a comparison, to turn it the other way.

    For texts that is the other operand; for numbers, dates and what is close to them, its neighbours too.
    """
    left, right = operands
    other = right if _stands_for(argument, left) else left if _stands_for(argument, right) else None
    options: list[Any] = other if isinstance(other, list) else [other]
    found: list[Json] = []
    for option in options:
        if _is_number(option) and _is_number(argument):
            found += around(option)
        elif isinstance(option, str) and isinstance(argument, str):
            found += [option, *_days_around(option)]
    return found


def _stands_for(argument: Json, operand: Any) -> bool:
    if isinstance(argument, bool) or isinstance(operand, bool):
        return False
    if _is_number(argument) and _is_number(operand):
        return bool(argument == operand)
    if not (isinstance(argument, str) and isinstance(operand, str)):
        return False
    return argument.strip().casefold() == operand.strip().casefold() and argument != ""


def _days_around(text: str) -> list[str]:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return []
    form = "%Y-%m-%d" if len(text) == 10 else "%Y-%m-%dT%H:%M:%SZ"
    try:
        return [(moment + timedelta(days=days)).strftime(form) for days in (-1, 1)]
    except OverflowError:
        return []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(content: Json, path: str) -> list[Json]:
    return [value for value in values_at(content, path) if value is not None]


def edges_of(environment: Environment) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return (tool, argument) → (tool whose result it comes from, path), from the data edges of the workflows."""
    edges: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for workflow in environment.workflows:
        tools = {step.id: step.tool for step in workflow.steps}
        for edge in workflow.dependencies():
            if edge.kind == "data" and edge.argument is not None:
                pair = tools[edge.before], edge.path or ""
                known = edges.setdefault((tools[edge.step], edge.argument), [])
                if pair not in known:
                    known.append(pair)
    return edges


def _align(drawn: dict[str, Json], like: Mapping[str, tuple[Field, ...]], state: State, random: Random) -> None:
    """Sometimes take several arguments from one row, since a name and a date of birth only fit together."""
    tables = {field.table for argument in drawn for field in like.get(argument, ()) if field.field is not None}
    if len(drawn) < 2 or not tables or random.random() < 0.5:
        return
    table = random.choice(sorted(tables))
    rows = state[table].rows() if table in state else []
    if not rows:
        return
    row = random.choice(rows)
    for argument in drawn:
        for field in like.get(argument, ()):
            if field.table == table and field.field is not None and row.get(field.field) is not None:
                drawn[argument] = row[field.field]


def _pick(state: State, field: Field, random: Random) -> Json:
    table = state.get(field.table)
    if not table:
        return None
    keys = list(table)
    # The rows made last are the ones that calls can do something with.
    place = (
        len(keys) - 1 - min(int(random.expovariate(0.3)), len(keys) - 1)
        if random.random() < 0.3
        else random.randrange(len(keys))
    )
    return keys[place] if field.field is None else table[keys[place]].get(field.field)


def _words(state: State, random: Random) -> list[str]:
    """Return the words of one row drawn from a state."""
    tables = [name for name in state if state[name]]
    if not tables:
        return []
    row = random.choice(state[random.choice(tables)].rows())
    texts = [value for value in row.values() if isinstance(value, str)]
    return [*texts, *(word for text in texts for word in text.split())]


def _like_pattern(pattern: str, random: Random) -> str:
    """Return a text after a simple pattern of classes, literals and counts; after others it may not fit."""
    try:
        from re import _parser  # type: ignore[attr-defined]

        return "".join(_sample(_parser.parse(pattern), random))
    except (ImportError, ValueError, TypeError, re.error):
        return "nonsense"


def _sample(parsed: Any, random: Random) -> Iterator[str]:
    for code, value in parsed:
        name = str(code)
        if name == "LITERAL":
            yield chr(value)
        elif name == "ANY":
            yield random.choice("abc 019")
        elif name == "IN":
            yield _of_class(value, random)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, inner = value
            for _ in range(random.randint(low, min(int(high), low + 4))):
                yield from _sample(inner, random)
        elif name == "SUBPATTERN":
            yield from _sample(value[-1], random)
        elif name == "BRANCH":
            yield from _sample(random.choice(value[1]), random)


def _of_class(value: Any, random: Random) -> str:
    classes = {"CATEGORY_DIGIT": "0123456789", "CATEGORY_WORD": "abcXYZ019_", "CATEGORY_SPACE": " "}
    if str(value[0][0]) == "NEGATE":
        banned = "".join(chr(item) for code, item in value[1:] if str(code) == "LITERAL")
        return random.choice([letter for letter in "abcxyz019" if letter not in banned] or ["a"])
    code, item = random.choice(value)
    if str(code) == "LITERAL":
        return chr(item)
    if str(code) == "RANGE":
        return chr(random.randint(item[0], item[1]))
    return random.choice(classes.get(str(item), "a"))


def properties_of(tool: Tool) -> dict[str, dict[str, Json]]:
    """Return a tool's arguments with their schemas."""
    return _properties(tool.parameters)


def _properties(schema: Mapping[str, Json] | None) -> dict[str, dict[str, Json]]:
    properties = (schema or {}).get("properties")
    if not isinstance(properties, dict):
        return {}
    return {name: inner if isinstance(inner, dict) else {} for name, inner in properties.items()}
