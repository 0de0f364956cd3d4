"""Values that a call may be made with: what the user said, and the rows of a state that belong together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, islice
from typing import Final, NamedTuple

from gem_sim.canonical import Json, freeze
from gem_sim.environment import Environment
from gem_sim.simulator.schema import is_valid
from gem_sim.state import Row, State
from gem_sim.testing.values import fields_like, properties_of
from gem_sim.tool import Tool
from gem_sim.verifier.sources.dates import read_times

_WORDS: Final = 6
_PER_ARGUMENT: Final = 80
_HOPS: Final = 2
_TELLING: Final = 3
# A value that stands in more rows than this says nothing about which of them is meant.
_COMMON: Final = 12


class Related(NamedTuple):
    """A row, its table and key, and over how many references it was found."""

    table: str
    key: str
    row: Row
    hops: int


def said_in(text: str) -> list[Json]:
    """Return what a text says that may be an argument: capitalised names first, then words, runs of words, numbers."""
    segments = [segment for segment in re.split(r"[,;:()?!]+|\.(?=\s|$)", text) if segment.strip()]
    names: list[str] = []
    words: list[str] = []
    runs: list[str] = []
    for segment in segments:
        names += re.findall(r"[A-Z][\w'’-]*(?:\s+(?:of|the|from|at|on|for|by\s+the)?\s*[A-Z][\w'’-]*)*", segment)
        split = segment.split()
        words += split
        for size in range(2, _WORDS + 1):
            runs += [" ".join(split[start : start + size]) for start in range(len(split) - size + 1)]
    numbers: list[Json] = [_number(found) for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])", text)]
    pointed = [word for word in words if re.search(r"[\d@]", word)]
    authors = [name for name in names if f" by {name}" in text]
    days = [f"{day.year:04}-{day.month:02}-{day.day:02}" for day in read_times(text).named if day.year and day.day]
    found: list[Json] = [*authors, *names, *pointed, *days, *words, *runs, *numbers]
    return list({freeze(value): value for value in found}.values())


def _number(text: str) -> Json:
    return float(text) if "." in text else int(text)


class Rows:
    """The rows of a state by the values that may refer to them."""

    def __init__(self, state: State) -> None:
        self.by_value: dict[str, list[tuple[str, str, Row]]] = {}
        for table in state:
            for key in state[table]:
                row = state[table][key]
                for value in {key, *(value for value in row.values() if isinstance(value, str))}:
                    self.by_value.setdefault(value, []).append((table, key, row))

    def related(self, values: Iterable[Json]) -> list[Related]:
        """Return the rows that hold any of the values, then those that hold values of these, nearest first."""
        found: dict[tuple[str, str], Related] = {}
        wanted = [value for value in values if isinstance(value, str)]
        for hops in range(_HOPS + 1):
            news = []
            for value in wanted:
                rows = self.by_value.get(value, ())
                for table, key, row in rows if len(rows) <= _COMMON else ():
                    if (table, key) not in found:
                        found[table, key] = Related(table, key, row, hops)
                        news += [value for name, value in row.items() if name.endswith("_id")] + [key]
            wanted = list(dict.fromkeys(map(str, news)))
        return list(found.values())


class Candidates:
    """Draws the arguments of calls, the likeliest first, for one environment and one conversation."""

    def __init__(self, environment: Environment, said: list[Json]) -> None:
        self.environment = environment
        self.said = said
        self.heard = {freeze(value) for value in said}
        arguments = {name for tool in environment.tools.values() for name in properties_of(tool)}
        self.like = {name: fields_like(environment, name) for name in arguments}
        self.constants = [constant.value for constant in environment.constants.values()]

    def calls(
        self, tool: Tool, fixed: Mapping[str, Json], same: Mapping[str, Json], rows: list[Related], most: int
    ) -> Iterator[dict[str, Json]]:
        """Yield arguments for a tool: those required, then one and two more; at most so many of each choice.

        `fixed` arguments are as given; `same` has values that arguments of that name or like it probably take.
        """
        properties = properties_of(tool)
        required = (tool.parameters or {}).get("required")
        needed = [name for name in properties if isinstance(required, list) and name in required]
        optional = [name for name in properties if name not in needed]
        likely = [name for name in optional if name in fixed or name in same]
        given = [name for name in optional if name in fixed]
        extra = [(), *((name,) for name in optional), *combinations(optional, 2)]
        chosen = [(*needed, *base, *more) for more in extra for base in (likely, given)]
        names = dict.fromkeys(tuple(dict.fromkeys(one)) for one in chosen)
        values = {name: self._values(name, properties[name], fixed, same, rows) for name in properties}
        for one in names:
            yield from islice(_combined(one, values), most)

    def _values(
        self,
        name: str,
        schema: Mapping[str, Json],
        fixed: Mapping[str, Json],
        same: Mapping[str, Json],
        rows: list[Related],
    ) -> list[Json]:
        if name in fixed:
            return [fixed[name]]
        found: list[Json] = [same[name]] if name in same else []
        found += [value for other, value in same.items() if name.endswith(f"_{other}") or other.endswith(f"_{name}")]
        options = schema.get("enum")
        kind = schema.get("type")
        if isinstance(options, list):
            found += options
        elif kind == "boolean":
            found += [False, True]
        else:
            found += list(self._from_rows(name, rows))
            like = self.like.get(name, ())
            if kind in ("integer", "number"):
                found += [value for value in (*self.said, *self.constants) if isinstance(value, int | float)]
            elif not any(field.field is None for field in like[:1]):
                # A key is looked up, never made up.
                found += self.said if like else _worded(self.said, rows)
        known = (value for value in found if value is not None and is_valid(schema, value))
        fitting: dict[object, Json] = {freeze(value): value for value in known}
        heard = [value for key, value in fitting.items() if key in self.heard]
        if len(heard) <= _TELLING:
            # Of what the user said, only this can be meant; what only stands in the state may be another's.
            fitting = {freeze(value): value for value in (*heard, *fitting.values())}
        return list(fitting.values())[:_PER_ARGUMENT]

    def _from_rows(self, name: str, rows: list[Related]) -> Iterator[Json]:
        fields = self.like.get(name, ())
        for related in rows:
            for field in fields:
                if field.table == related.table:
                    yield related.key if field.field is None else related.row.get(field.field)
            # A loan's copy is a copy, though it stands in another table.
            yield related.row.get(name)


def _worded(said: list[Json], rows: list[Related]) -> list[Json]:
    """Return words for a search: texts of the rows that the user said, the names said, the other words, other texts."""
    texts: list[Json] = [value for one in rows for value in one.row.values() if isinstance(value, str)]
    heard = {value.casefold() for value in said if isinstance(value, str)}
    first: list[Json] = [text for text in texts if str(text).casefold() in heard]
    single: list[Json] = [value for value in said if isinstance(value, str) and (" " not in value or value.istitle())]
    words: list[Json] = [*first, *single[:40], *texts[:30], *said]
    return words


def _combined(names: tuple[str, ...], values: Mapping[str, list[Json]]) -> Iterator[dict[str, Json]]:
    """Yield every combination of values, those of the first ones first."""
    lengths = [len(values[name]) for name in names]
    if all(lengths):
        for total in range(sum(lengths) - len(lengths) + 1):
            for places in _places(lengths, total):
                yield {name: values[name][place] for name, place in zip(names, places, strict=True)}


def _places(lengths: list[int], total: int) -> Iterator[tuple[int, ...]]:
    """Yield the places, one in each list, that add up to a total."""
    if not lengths:
        if total == 0:
            yield ()
        return
    room = sum(lengths[1:]) - len(lengths) + 1
    for place in range(max(0, total - room), min(lengths[0] - 1, total) + 1):
        for rest in _places(lengths[1:], total - place):
            yield (place, *rest)
