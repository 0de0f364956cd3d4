"""Session: one live run of an environment, and the only thing in gem-sim that changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from jsonschema_rs import Draft202012Validator

from gem_sim.canonical import Json, copy_json
from gem_sim.environment import Environment
from gem_sim.errors import InputError, StubError
from gem_sim.sandbox import Limits, Refusal, run
from gem_sim.simulator.schema import complaints, validator
from gem_sim.simulator.view import StateView, changes_of
from gem_sim.state import Row, State
from gem_sim.task import Task
from gem_sim.tool import UNSPECIFIED, Stub, Tool, ToolCall, ToolResult, default_of


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
        host = _Host(self)
        try:
            content = self._run(runtime, tool_call, host)
        except Refusal as refusal:
            self._moment = self._moment._replace(before=self._moment)
            return _refused(tool_call, refusal.message)
        self.made_ids, self.read_clock = tuple(host.made), host.read_clock
        return ToolResult.model_construct(call_id=tool_call.id, content=content, is_error=False)

    def _run(self, runtime: _Runtime, tool_call: ToolCall, host: _Host) -> Json:
        """Run the stub, check what it answers, keep what it changed."""
        view = StateView(self._moment.state)
        given = {**runtime.defaults, **tool_call.arguments}
        arguments = {runtime.stub.names[name]: copy_json(value) for name, value in given.items()}
        content = run(
            runtime.stub.code,
            runtime.stub.function,
            {"state": view, **arguments},
            host.names(),
            tool=tool_call.tool,
            limits=self.limits,
        )
        try:
            answer = copy_json(content)
            changes = changes_of(view)
        except ValueError as error:
            raise StubError(tool_call.tool, f"the result or a row is no JSON value: {error}") from None
        if runtime.returns is not None and not runtime.returns.is_valid(answer):
            for complaint in complaints(runtime.tool.returns or {}, answer):
                message = f"its result breaks its own `returns` at {complaint.path}: {complaint.message}"
                raise StubError(tool_call.tool, message)
        moment = self._moment
        self._moment = _Moment(moment.state.with_changes(changes), moment.clock, host.ids, moment)
        return answer

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


class _Host:
    """The functions a stub is given for one call, and what it did with them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.ids = dict(session._moment.ids)
        self.made: list[str] = []
        self.read_clock = False

    def names(self) -> dict[str, object]:
        """Return what the stub finds in its namespace besides the builtins."""
        constants = self._session.environment.constants
        return {
            **{name: copy_json(constant.value) for name, constant in constants.items()},
            "require": self.require,
            "fail": self.fail,
            "new_id": self.new_id,
            "now": self.now,
            "unspecified": unspecified,
        }

    def require(self, condition: object, reason: str = "The request breaks a rule.") -> None:
        """Refuse the call unless `condition` holds; `reason` is the id of a rule or a sentence."""
        if not condition:
            self.fail(reason)

    def fail(self, reason: str = "The request cannot be carried out.") -> None:
        """Refuse the call."""
        rule = self._session.environment.rules.get(reason) if isinstance(reason, str) else None
        raise Refusal(str(reason) if rule is None else rule.text, str(reason) if rule is not None else None)

    def new_id(self, table: str) -> str:
        """Return an id that no row of the table has; decided by seed, table and count alone."""
        if type(table) is not str:
            raise TypeError("new_id takes the name of a table")
        rows: Mapping[str, Row] = self._session.state.get(table, {})
        while True:
            number = self.ids.get(table, 0) + 1
            self.ids[table] = number
            text = f"{self._session.seed}:{table}:{number}"
            made = f"{table}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
            if made not in rows:
                self.made.append(made)
                return made

    def now(self) -> str:
        """Return the fake clock."""
        self.read_clock = True
        return self._session.clock


def unspecified(reason: str = "no rule says it") -> dict[str, str]:
    """Return the marker of a value that no rule determines."""
    return {UNSPECIFIED: str(reason)}


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
