"""The hot loop: one call of one stub, wholly or not at all."""

from __future__ import annotations

import decimal
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from types import CodeType, TracebackType
from typing import Any, Final, NamedTuple, TypeAlias

from gem_sim.canonical import MAX_DEPTH, Json, copy_json
from gem_sim.errors import LimitError, StubError
from gem_sim.sandbox.guards import STUB_MODULE, guards
from gem_sim.sandbox.host import Host, Moment, Refusal
from gem_sim.sandbox.meter import LimitHit, Limits, Meter
from gem_sim.sandbox.modules import CONTEXT, Modules
from gem_sim.sandbox.names import build_class, names
from gem_sim.sandbox.texts import real_args, steady_text
from gem_sim.sandbox.view import StateView, changes_of, view_with
from gem_sim.state import Row, SharedDict, SharedList, SharedValueChanged, State, share

_MAX_MESSAGE = 300


# Name of a stub and its arguments, by parameter.
Calls: TypeAlias = Sequence[tuple[str, Mapping[str, Json]]]


class Code(NamedTuple):
    """A stub as the runner needs it: checked code, and the name of the function that it defines."""

    code: CodeType
    function: str


class Program(NamedTuple):
    """All that an environment's stubs may refer to; `rules` maps a rule's id to its sentence."""

    stubs: Mapping[str, Code]
    constants: Mapping[str, Json]
    rules: Mapping[str, str]


class Outcome(NamedTuple):
    """What became of a call.

    `refusal` None means that it succeeded with `content`; `changes` (table → key → row, None for a row removed),
    the `state` they lead to, `ids` and `made` (the ids made by this call) then hold. `read_clock` tells whether it
    asked for the time.
    """

    content: Json
    refusal: str | None
    changes: dict[str, dict[str, Row | None]]
    state: State
    ids: Mapping[str, int]
    made: tuple[str, ...]
    read_clock: bool


class Runner:
    """Runs the stubs of one program in this process; one call at a time, so one runner per thread.

    The functions are made once: a body binds local names only, its globals are read-only for it, and whatever it
    makes is gone when the call ends.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._meter = Meter()
        self._host = Host(program.rules)
        self._ready: dict[str, _Ready] = {}
        self._view: type[StateView] | None = None
        # Stubs that changed a row of a scan; they get copies from the start.
        self._copying: set[str] = set()
        self._space: dict[str, Any] = {
            **names(self._meter),
            **{name: share(copy_json(value)) for name, value in program.constants.items()},
            **self._host.names(),
            **guards(self._meter),
            "_modules_": Modules(self._meter),
            "__builtins__": {"__build_class__": build_class},
            "__name__": STUB_MODULE,
        }

    def calls(self, calls: Calls, moment: Moment, limits: Limits) -> tuple[list[Outcome], StubError | None]:
        """Run stubs one after the other, each from where the one before it ended.

        Returns the outcomes up to the first call that broke, and how it broke; None if none did.
        """
        outcomes: list[Outcome] = []
        for name, arguments in calls:
            try:
                outcome = self.call(name, arguments, moment, limits)
            except StubError as error:
                return outcomes, error
            moment = moment._replace(state=outcome.state, ids=outcome.ids)
            outcomes.append(outcome)
        return outcomes, None

    def call(self, name: str, arguments: Mapping[str, Json], moment: Moment, limits: Limits) -> Outcome:
        """Run a stub on a copy of its arguments, from a moment.

        Raises:
            LimitError: If it hit a limit.
            StubError: If it crashed, or what it leaves is no JSON.
        """
        try:
            if name not in self._copying:
                try:
                    return self._attempt(name, copy_json(arguments), moment, limits, copying=False)
                except SharedValueChanged:
                    self._copying.add(name)
            return self._attempt(name, copy_json(arguments), moment, limits, copying=True)
        except Refusal as refusal:
            return Outcome(None, refusal.message, {}, moment.state, moment.ids, (), self._host.read_clock)
        except LimitHit as hit:
            broken: StubError = LimitError(name, hit.reason)
        except SharedValueChanged:
            broken = StubError(name, "it changes a constant; make a copy first")
        except RecursionError:
            broken = LimitError(name, "calls nested too deeply")
        except MemoryError:
            broken = LimitError(name, "out of memory")
        # Out here, so that it does not keep alive what the stub's frames held.
        raise broken

    def _attempt(self, name: str, arguments: Any, moment: Moment, limits: Limits, *, copying: bool) -> Outcome:
        content, view = self.evaluate(name, arguments, moment, limits, copying=copying)
        _Output(limits.output, "a result").bound(content)
        try:
            answer, changes = copy_json(content), changes_of(view, _Output(limits.output, "rows").bound)
        except ValueError as error:
            raise StubError(name, f"the result or a row is no JSON value: {error}") from None
        host, state = self._host, moment.state.with_changes(changes)
        return Outcome(answer, None, changes, state, host.ids, tuple(host.made), host.read_clock)

    def evaluate(
        self, name: str, arguments: Mapping[str, Any], moment: Moment, limits: Limits, *, copying: bool = False
    ) -> tuple[Any, StateView]:
        """Run a stub's function and return what it returned and the tables it left, neither checked nor kept.

        Raises:
            LimitHit: If it hit a limit.
            StubError: If it crashed.
        """
        function, space, filename, decimals = self._ready.get(name) or self._make_ready(name)
        meter = self._meter
        meter.start(limits, filename, Runner.evaluate.__code__)
        space["_tick_"], space["_turns_"] = meter.tick, meter.turns
        self._host.start(moment)
        if self._view is None:
            self._view = view_with(moment.state)
        view = self._view(moment.state, copying, meter.items)
        context = decimal.getcontext() if decimals else None
        broken: StubError | None = None
        content: Any = None
        try:
            if context is not None:
                decimal.setcontext(CONTEXT)
            content = function(view, **arguments)
        except (RecursionError, MemoryError):
            raise
        except Exception as error:
            meter.check()
            broken = StubError(name, _described(error), line=_line_of(error.__traceback__, filename))
        finally:
            if context is not None:
                decimal.setcontext(context)
        if broken is not None:
            raise broken
        meter.check()
        return content, view

    def _make_ready(self, name: str) -> _Ready:
        stub = self._program.stubs[name]
        space = dict(self._space)
        exec(stub.code, space)
        ready = self._ready[name] = _Ready(
            space[stub.function], space, stub.code.co_filename, "decimal" in _strings(stub.code)
        )
        return ready


class _Ready(NamedTuple):
    """A stub as a function, its globals, the file name of its code, and whether it may import `decimal`."""

    function: Any
    space: dict[str, Any]
    filename: str
    decimals: bool


def _strings(code: CodeType) -> set[str]:
    """Return the texts among the constants of a code and of the functions in it."""
    found = {constant for constant in code.co_consts if isinstance(constant, str)}
    return found.union(*(_strings(inner) for inner in code.co_consts if isinstance(inner, CodeType)))


_NESTED: Final = frozenset((dict, list, tuple, SharedDict, SharedList, OrderedDict, Counter, defaultdict))


class _Output:
    """How many characters of JSON a call may still leave; looked at before anything is copied."""

    def __init__(self, left: int, what: str) -> None:
        self._left = left
        self._what = what

    def bound(self, value: Any) -> None:
        """Take a value's size off; shared parts count each time, what is nested too deeply for JSON does not.

        Raises:
            LimitHit: If there is too much.
        """
        left = _left_after(value, self._left, MAX_DEPTH)
        if left < 0:
            raise LimitHit(f"{self._what} of more than {self._left} characters")
        self._left = left


def _left_after(value: Any, left: int, depth: int) -> int:
    """Return `left` less the size of a value; what is below zero is not looked at any further."""
    kind = type(value)
    if kind not in _NESTED:
        return left - (len(value) + 2 if kind is str else 2)
    if isinstance(value, dict):
        parts: Any = value.values()
        for key in value:
            left -= len(key) if type(key) is str else 0
    else:
        parts = value
    left -= 2
    for part in parts:
        kind = type(part)
        if kind is str:
            left -= len(part) + 2
        elif kind in _NESTED and depth:
            left = _left_after(part, left, depth - 1)
            if left < 0:
                break
        else:
            left -= 2
    return left


def _line_of(traceback: TracebackType | None, filename: str) -> int | None:
    """Return the last line of the body that a traceback passes through, None if it passes through none."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _described(error: Exception) -> str:
    """Return an exception as text without running anything of the stub's or building anything large."""
    parts = []
    steady_text(error)
    for part in real_args(error)[:3]:
        if type(part) is str:
            parts.append(part[:_MAX_MESSAGE] if not isinstance(error, KeyError) else repr(part[:_MAX_MESSAGE]))
        elif type(part) in (bool, float, type(None)) or (type(part) is int and part.bit_length() < 1024):
            parts.append(repr(part))
        else:
            parts.append(f"a {type(part).__name__}")
    return f"{type(error).__name__[:100]}: {', '.join(parts)}"
