"""Session: one live run of an environment, and the only thing in gem-sim that changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from jsonschema_rs import Draft202012Validator

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import InputError, StubError
from gem_sim.sandbox import Limits, Moment
from gem_sim.simulator.executor import executor_of
from gem_sim.simulator.schema import complaints, validator
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
        clock = self.task.clock if self.task is not None and self.task.clock else environment.clock
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
        self.made_ids, self.read_clock = (), False
        runtime = _runtimes(self.environment).get(tool_call.tool)
        reason = _complaint(runtime, tool_call)
        if runtime is None or reason is not None:
            self._moment = self._moment._replace(before=self._moment)
            return _refused(tool_call, reason or "")
        given = {**runtime.defaults, **tool_call.arguments}
        arguments = {runtime.stub.names[name]: value for name, value in given.items()}
        moment = self._moment
        start = Moment(moment.state, moment.clock, moment.ids, self.seed)
        outcome = executor_of(self.environment).call(tool_call.tool, arguments, start, self.limits)
        if outcome.refusal is not None:
            self._moment = moment._replace(before=moment)
            return _refused(tool_call, outcome.refusal)
        if runtime.returns is not None and not runtime.returns.is_valid(outcome.content):
            for complaint in complaints(runtime.tool.returns or {}, outcome.content):
                message = f"its result breaks its own `returns` at {complaint.path}: {complaint.message}"
                raise StubError(tool_call.tool, message)
        self._moment = _Moment(moment.state.with_changes(outcome.changes), moment.clock, outcome.ids, moment)
        self.made_ids, self.read_clock = outcome.made, outcome.read_clock
        return ToolResult.model_construct(call_id=tool_call.id, content=outcome.content, is_error=False)

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


def _refused(tool_call: ToolCall, reason: str) -> ToolResult:
    return ToolResult(call_id=tool_call.id, content={"error": reason}, is_error=True)


def _complaint(runtime: _Runtime | None, tool_call: ToolCall) -> str | None:
    """Return why a call cannot be tried at all, None where it can."""
    if runtime is None:
        return f"There is no tool {tool_call.tool!r}."
    if tool_call.unreadable is not None:
        return "The arguments are not a JSON object."
    unknown = [name for name in tool_call.arguments if name not in runtime.stub.names]
    if unknown:
        return f"The tool {tool_call.tool!r} has no argument {unknown[0]!r}."
    if runtime.arguments.is_valid(tool_call.arguments):
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
