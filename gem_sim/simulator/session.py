"""Session: one live run of an environment, and the only thing in gem-sim that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from jsonschema_rs import Draft202012Validator

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import InputError, StubError
from gem_sim.sandbox import Limits, Moment, Outcome
from gem_sim.simulator.executor import executor_of
from gem_sim.simulator.schema import complaints, fits, validator
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.tool import Stub, Tool, ToolCall, ToolResult, default_of


class _Moment(NamedTuple):
    """All that a call can change: `ids` counts the ids made per table; `before` is the moment one call earlier."""

    state: State
    clock: str
    ids: Mapping[str, int]
    before: _Moment | None


class _Runtime(NamedTuple):
    """What a tool needs at run time, made once per environment."""

    tool: Tool
    stub: Stub
    arguments: Draft202012Validator
    returns: Draft202012Validator | None
    defaults: Mapping[str, Json]

    def parameters(self, call: ToolCall) -> dict[str, Json]:
        """Return a call's arguments by the names of the stub's parameters, absent ones with their defaults."""
        names = self.stub.names
        return {names[name]: value for name, value in {**self.defaults, **call.arguments}.items()}

    def broken(self, outcome: Outcome) -> StubError | None:
        """Return how a result breaks the tool's own `returns`, None where it keeps to it or the tool refused."""
        if self.returns is None or outcome.refusal is not None or fits(self.returns, outcome.content):
            return None
        first = next(complaints(self.tool.returns or {}, outcome.content), None)
        if first is None:
            return None
        return StubError(self.tool.name, f"its result breaks its own `returns` at {first.path}: {first.message}")


class LiveRun(Protocol):
    """What a replay needs of a session, whoever runs the tools."""

    made_ids: tuple[str, ...]
    read_clock: bool

    @property
    def environment(self) -> Environment: ...
    @property
    def task(self) -> Task | None: ...
    @property
    def state(self) -> State: ...
    @property
    def clock(self) -> str: ...
    def call(self, tool_call: ToolCall) -> ToolResult:
        """Run one call, wholly or not at all."""

    def fork(self) -> LiveRun:
        """Return an independent run at the same moment."""

    def rollback(self, calls: int = 1) -> None:
        """Go back to the moment before the last `calls` calls."""


def open_session(
    environment: Environment,
    *,
    seed: int = 0,
    task: str | Task | None = None,
    limits: Limits | None = None,
) -> LiveRun:
    """Return a live run of an environment: a `Session`, or what its own `opener` makes of the same arguments."""
    if environment.opener is None:
        return Session(environment, seed=seed, task=task, limits=limits)
    run: LiveRun = environment.opener(environment, seed=seed, task=task, limits=limits)  # type: ignore[assignment]
    return run


class Session:
    """One live run: current state, seeded ids, fake clock.

    `made_ids` holds the ids that the last call made, `read_clock` whether it read the clock; a replay needs both
    to tell what a recording could not have known.

    Args:
        environment: The environment to run.
        seed: Decides the generated ids, and nothing else does.
        task: A task or the id of one of the environment's; None starts from the environment's initial state.
        limits: What a single call may use.

    Raises:
        InputError: If the environment has no such task.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        seed: int = 0,
        task: str | Task | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.environment = environment
        self.seed = seed
        self.task = environment.task_of(task)
        self.limits = Limits() if limits is None else limits
        self.made_ids: tuple[str, ...] = ()
        self.read_clock = False
        clock = environment.clock_of(self.task)
        self._moment = _Moment(environment.initial_state(self.task), clock, {}, None)

    @property
    def state(self) -> State:
        """The current state."""
        return self._moment.state

    @property
    def digest(self) -> str:
        """The digest of the current state."""
        return self._moment.state.digest

    @property
    def clock(self) -> str:
        """What `now()` answers: an ISO 8601 time."""
        return self._moment.clock

    def call(self, tool_call: ToolCall) -> ToolResult:
        """Run one call. It takes effect wholly or, where the tool refuses or anything breaks, not at all.

        An unknown tool, arguments that break its schema, and a refusal are results with `is_error`; their content
        is `{"error": reason}`.

        Raises:
            StubError: If the stub is broken; LimitError if it hit a limit. The state is as before.
        """
        runtime = _runtimes(self.environment).get(tool_call.tool)
        reason = _complaint(runtime, tool_call)
        if runtime is None or reason is not None:
            return self._refuse(tool_call, reason or "")
        moment = self._moment
        start = Moment(moment.state, moment.clock, moment.ids, self.seed)
        self.made_ids, self.read_clock = (), False
        outcome = executor_of(self.environment).call(tool_call.tool, runtime.parameters(tool_call), start, self.limits)
        broken = runtime.broken(outcome)
        if broken is not None:
            raise broken
        return self._arrive(tool_call, outcome)

    def call_all(self, tool_calls: Sequence[ToolCall]) -> list[ToolResult]:
        """Run calls in order, in one message where a worker runs the stubs; each takes effect wholly or not at all.

        Raises:
            StubError: If a stub is broken; the state is that before its call.
        """
        known = _runtimes(self.environment)
        reasons = [_complaint(known.get(call.tool), call) for call in tool_calls]
        valid = [call for call, reason in zip(tool_calls, reasons, strict=True) if reason is None]
        start = Moment(self._moment.state, self._moment.clock, self._moment.ids, self.seed)
        calls = [(call.tool, known[call.tool].parameters(call)) for call in valid]
        outcomes, error = executor_of(self.environment).calls(calls, start, self.limits) if calls else ([], None)
        self.made_ids, self.read_clock = (), False
        waiting = iter(outcomes)
        results: list[ToolResult] = []
        for call, reason in zip(tool_calls, reasons, strict=True):
            if reason is not None:
                results.append(self._refuse(call, reason))
                continue
            outcome = next(waiting, None)
            broken = error if outcome is None else known[call.tool].broken(outcome)
            if broken is not None:
                raise broken
            if outcome is not None:
                results.append(self._arrive(call, outcome))
        return results

    def _refuse(self, call: ToolCall, reason: str) -> ToolResult:
        self._moment = self._moment._replace(before=self._moment)
        self.made_ids, self.read_clock = (), False
        return ToolResult(call_id=call.id, content={"error": reason}, is_error=True)

    def _arrive(self, call: ToolCall, outcome: Outcome) -> ToolResult:
        """Take over what a call led to."""
        if outcome.refusal is not None:
            return self._refuse(call, outcome.refusal)
        moment = self._moment
        self._moment = _Moment(outcome.state, moment.clock, outcome.ids, moment)
        self.made_ids, self.read_clock = outcome.made, outcome.read_clock
        return ToolResult.unchecked(call.id, outcome.content, False)

    def fork(self) -> Session:
        """Return an independent session at the same moment; costs the same whatever the state's size."""
        twin = Session.__new__(Session)
        twin.__dict__.update(self.__dict__)
        return twin

    def rollback(self, calls: int = 1) -> None:
        """Go back to the moment before the last `calls` calls.

        Raises:
            InputError: If fewer calls were made.
        """
        moment: _Moment | None = self._moment
        for _ in range(calls):
            moment = moment.before if moment is not None else None
        if moment is None or calls < 0:
            raise InputError(f"there are no {calls} calls to roll back", cure="roll back at most the calls made")
        self._moment = moment
        self.made_ids, self.read_clock = (), False

    def advance(self, seconds: float) -> None:
        """Set the fake clock forward."""
        moved = datetime.fromisoformat(self.clock) + timedelta(seconds=seconds)
        clock = moved.astimezone(UTC).isoformat().replace("+00:00", "Z")
        self._moment = self._moment._replace(clock=clock)


def _complaint(runtime: _Runtime | None, tool_call: ToolCall) -> str | None:
    """Return why a call cannot be tried at all, None where it can."""
    if runtime is None:
        return f"There is no tool {tool_call.tool!r}."
    if tool_call.unreadable is not None:
        return "The arguments are not a JSON object."
    unknown = [name for name in tool_call.arguments if name not in runtime.stub.names]
    if unknown:
        return f"The tool {tool_call.tool!r} has no argument {unknown[0]!r}."
    if fits(runtime.arguments, tool_call.arguments):
        return None
    first = next(complaints(runtime.tool.parameters or {}, tool_call.arguments), None)
    return None if first is None else f"The arguments are invalid at {first.path}: {first.message}"


@lru_cache(maxsize=64)
def _runtimes(environment: Environment) -> dict[str, _Runtime]:
    made = {}
    for name, stub in environment.stubs.items():
        tool = environment.tools[name]
        defaults = {argument: default_of(tool, argument) for argument in stub.names}
        returns = None if tool.returns is None else validator(tool.returns)
        made[name] = _Runtime(tool, stub, validator(tool.parameters or {}), returns, defaults)
    return made
