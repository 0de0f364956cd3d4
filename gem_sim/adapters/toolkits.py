"""Toolkits as they stand before their first call: copied when called, called, and read as a State."""

from __future__ import annotations

import copy
import inspect
import io
import pickle
import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

from gem_sim.adapters.hosted import Raised
from gem_sim.adapters.plain import Cells, Changes, Print, as_json, cells_of, changes_of, prints_of
from gem_sim.canonical import SCALARS, Json, copy_json
from gem_sim.errors import StubError
from gem_sim.state import State

Toolkits: TypeAlias = Sequence[object]
# The copies that calls are made on; None where a toolkit was not called yet, so that its state is the first one.
Live: TypeAlias = list[object | None]


def spells_error(content: Json) -> bool:
    """Tell whether an answer is `{"error": …}` with something in it."""
    return type(content) is dict and bool(content.get("error"))


class Ways(NamedTuple):
    """How a kind of toolkit is read.

    `cells` gives a toolkit's state (see `plain.cells_of`), `answer` turns what a method returns into JSON that shares
    nothing with it, `refuses` tells whether an answer is the toolkit's own way to spell a refusal.
    """

    cells: Callable[[object], Cells] = cells_of
    answer: Callable[[object], Json] = as_json
    refuses: Callable[[Json], bool] = spells_error


@lru_cache(maxsize=4096)
def changeable_defaults(function: Callable[..., object]) -> Mapping[str, Any]:
    """Return the defaults of a function that a call could change, as they were when first asked for.

    Python keeps one such list for all calls, in whatever run they are.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    named = (p for p in parameters.values() if p.kind is not p.POSITIONAL_ONLY)
    defaults = {parameter.name: parameter.default for parameter in named}
    return {name: copy.deepcopy(value) for name, value in defaults.items() if isinstance(value, list | dict | set)}


class Origin(NamedTuple):
    """Toolkits before their first call.

    `owners` is tool → index of its toolkit; `copies` makes fresh toolkits, each on its own, or all of them by one
    function where they share something (`together`); `prints` are those of each toolkit's cells in `state`.
    """

    owners: Mapping[str, int]
    copies: tuple[Callable[[], object], ...]
    together: Callable[[], Toolkits] | None
    state: State
    prints: tuple[Mapping[str, Print], ...]
    ways: Ways

    def live(self) -> Live:
        """Return toolkits that nobody called yet."""
        return [None] * len(self.copies)

    def toolkit(self, index: int, live: Live) -> object:
        """Return one of the live toolkits, copied if it was not yet."""
        toolkit = live[index]
        if toolkit is None:
            if self.together is not None:
                live[:] = self.together()
            else:
                live[index] = self.copies[index]()
            toolkit = live[index]
        return toolkit

    def run(self, tool: str, arguments: Mapping[str, Json], live: Live) -> Json:
        """Call a method and return its answer; whatever is raised, `live` is spoiled then.

        Raises:
            Raised: If the method raises.
            StubError: If what it returns cannot be said in JSON.
        """
        method = getattr(self.toolkit(self.owners[tool], live), tool)
        # A toolkit may keep and change what it is given, so it is given a copy.
        if not SCALARS.issuperset(map(type, arguments.values())):
            arguments = {name: copy_json(value) for name, value in arguments.items()}
        defaults = changeable_defaults(getattr(method, "__func__", method))
        if defaults:
            arguments = {**copy.deepcopy(dict(defaults)), **arguments}
        try:
            answer = method(**arguments)
        except Exception as error:
            raise Raised(str(error) or type(error).__name__) from error
        try:
            return self.ways.answer(answer)
        except ValueError as error:
            raise StubError(tool, f"the result is no JSON value: {error}") from None

    def changes_of(self, live: Live) -> Changes:
        """Return in which rows the state of live toolkits differs from the first one.

        Raises:
            ValueError: If it cannot be said in JSON; names the table and the row.
        """
        changes: Changes = {}
        for toolkit, prints in zip(live, self.prints, strict=True):
            if toolkit is not None:
                changes.update(changes_of(self.ways.cells(toolkit), self.state, prints))
        return changes


def origin_of(toolkits: Toolkits, owners: Mapping[str, int], ways: Ways) -> Origin:
    """Return toolkits as the start of runs; they are copied here and never called.

    Raises:
        ValueError: If their state cannot be said in JSON; names the table and the row.
    """
    cells = [ways.cells(toolkit) for toolkit in toolkits]
    tables: dict[str, dict[str, dict[str, Json]]] = {}
    for own in cells:
        changes = changes_of(own, State(), {})
        tables.update({name: dict(changes.get(name, {})) for name in own})  # type: ignore[arg-type]
    together = _copier(tuple(toolkits)) if _share_something(toolkits) else None
    copies = tuple(map(_copier, toolkits))
    return Origin(owners, copies, together, State(tables), tuple(map(prints_of, cells)), ways)  # type: ignore[arg-type]


def _copier(value: object) -> Callable[[], object]:
    """Return what makes fresh copies of a value, by pickle where it can be, since that is the fastest way."""
    try:
        image = _Image(value)
        image()
    except Exception:  # whatever the objects' own hooks raise
        return partial(copy.deepcopy, copy.deepcopy(value))
    return image if image.kept else partial(pickle.loads, image.text)


class _Image:
    """A pickled value; the state of a random generator, long and unchanging, is kept aside and shared by its copies."""

    def __init__(self, value: object) -> None:
        written = io.BytesIO()
        writer = _Writer(written, pickle.HIGHEST_PROTOCOL)
        writer.dump(value)
        self.text = written.getvalue()
        self.kept = writer.kept

    def __call__(self) -> object:
        return _Reader(io.BytesIO(self.text), self.kept).load()


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, protocol: int) -> None:
        super().__init__(file, protocol)
        self.kept: list[tuple[object, ...]] = []

    def reducer_override(self, value: object) -> Any:
        """Write a random generator as what makes one of its state."""
        if type(value) is not random.Random:
            return NotImplemented
        self.kept.append(value.getstate())
        return _generator, (self.kept[-1],)

    def persistent_id(self, value: object) -> int | None:
        """Return the place of a state that is kept aside, None for everything else."""
        return len(self.kept) - 1 if self.kept and value is self.kept[-1] else None


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, kept: Sequence[tuple[object, ...]]) -> None:
        super().__init__(file)
        self._kept = kept

    def persistent_load(self, place: int) -> tuple[object, ...]:
        """Return a state that was kept aside."""
        return self._kept[place]


def _generator(state: tuple[object, ...]) -> random.Random:
    generator = random.Random.__new__(random.Random)
    generator.setstate(state)
    return generator


class _Noting(pickle.Pickler):
    """A pickler that notes what it meets and can be changed."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), pickle.HIGHEST_PROTOCOL)
        self.met: dict[int, object] = {}

    def persistent_id(self, value: object) -> None:
        """Note a value; nothing is pickled by a name of ours."""
        if not isinstance(value, _UNCHANGING) and not callable(value):
            self.met[id(value)] = value


_UNCHANGING = (str, bytes, int, float, complex, tuple, frozenset, type(None))


def _share_something(toolkits: Toolkits) -> bool:
    """Tell whether two toolkits hold the same changeable object, or may do so."""
    seen: dict[int, object] = {}
    for toolkit in toolkits:
        noting = _Noting()
        try:
            noting.dump(toolkit)
        except Exception:  # what cannot be pickled is copied together, to be safe
            return len(toolkits) > 1
        if not seen.keys().isdisjoint(noting.met):
            return True
        seen.update(noting.met)
    return False
