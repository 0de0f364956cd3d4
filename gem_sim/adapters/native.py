"""Host a Python toolkit as an Environment: its public methods are the tools, its public attributes the state.

The toolkit is trusted and runs in this process. It must be deterministic and keep all its state in its objects: a
refused call is undone, a session forked, and an earlier state looked at, by making the calls again from the start.
Nothing is copied on the path of a call. If calls made again answer otherwise, that is a StubError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from gem_sim.adapters.hosted import About, Method, Raised, assemble, methods_of, owners_of, refused
from gem_sim.adapters.plain import Changes
from gem_sim.adapters.toolkits import Live, Origin, Toolkits, Ways, origin_of
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import InputError, StubError
from gem_sim.sandbox import Limits
from gem_sim.state import Row, State, Table
from gem_sim.task import Task
from gem_sim.tool import ToolCall, ToolResult

Start: TypeAlias = Callable[[Task | None, int], Toolkits]


def host(
    *toolkits: object, name: str, start: Start | None = None, ways: Ways | None = None, about: About | None = None
) -> Environment:
    """Return an Environment whose tools are the public methods of `toolkits`.

    Args:
        toolkits: Objects in the state every run starts from; they are copied, never called.
        name: The environment's name.
        start: Makes the toolkits for a task and a seed; a task may leave some out. None starts from `toolkits`.
        ways: How the toolkits are read; None takes their public attributes and the JSON of what they return.
        about: Tasks, policy and the like.

    Raises:
        InputError: If two toolkits share a tool, a method cannot be a tool, or a state cannot be said in JSON.
    """
    about = About() if about is None else about
    functions = {tool: getattr(toolkits[owner], tool) for tool, owner in owners_of(toolkits).items()}
    methods = methods_of(functions, about)
    opener = _Opener(toolkits, start, methods, Ways() if ways is None else ways)
    return assemble(name, about, methods, opener.origin(None, None, 0).state, opener, map(type, toolkits))


class _Opener:
    """Opens runs; keeps, per task and seed, the toolkits as they stand before the first call."""

    def __init__(self, toolkits: Toolkits, start: Start | None, methods: Mapping[str, Method], ways: Ways) -> None:
        self._toolkits = toolkits
        self._start = start
        self._ways = ways
        self.methods = methods
        self._origins: dict[tuple[str | None, int], Origin] = {}

    def __call__(
        self,
        environment: Environment,
        *,
        seed: int = 0,
        task: str | Task | None = None,
        limits: Limits | None = None,  # noqa: ARG002 - trusted code runs without limits
    ) -> NativeRun:
        goal = environment.task_of(task)
        return NativeRun(environment, goal, self.origin(environment, goal, seed), self.methods)

    def origin(self, environment: Environment | None, task: Task | None, seed: int) -> Origin:
        """Return the toolkits that a task starts from; kept for the tasks of the environment."""
        if task is not None and task.state:
            message = f"the task {task.id!r} puts rows into the state, which toolkits cannot take"
            raise InputError(message, cure="let `start` make the toolkits for it")
        if task is not None and (environment is None or environment.tasks.get(task.id) is not task):
            return self._made(task, seed)
        # Without `start` every task and seed starts from the same toolkits.
        key = (None, 0) if self._start is None else (None if task is None else task.id, seed)
        if key not in self._origins:
            self._origins[key] = self._made(task, seed)
        return self._origins[key]

    def _made(self, task: Task | None, seed: int) -> Origin:
        toolkits = self._toolkits if self._start is None else self._start(task, seed)
        try:
            return origin_of(toolkits, owners_of(toolkits), self._ways)
        except ValueError as error:
            raise InputError(f"the state of the toolkits is no JSON: {error}", cure="say it by `ways.cells`") from None


class _Trail:
    """The calls of a run that took effect, and what they answered.

    `changes[n]` holds in which rows the state after the n-th of them differs from the first, None where nobody looked
    yet; `live` are the toolkits as they stand after the last, None where they have to be made again.
    """

    __slots__ = ("answers", "calls", "changes", "live", "origin")

    def __init__(
        self, origin: Origin, calls: list[ToolCall], answers: list[Json], changes: list[Changes | None]
    ) -> None:
        self.origin = origin
        self.calls = calls
        self.answers = answers
        self.changes = changes
        self.live: Live | None = None

    def up_to(self, number: int) -> _Trail:
        """Return a trail of the first calls only."""
        return _Trail(self.origin, self.calls[:number], self.answers[:number], self.changes[: number + 1])

    def take_live(self) -> Live:
        """Return the toolkits for one more call; until they are put back they stand nowhere."""
        live, self.live = self.live, None
        return self.make_again() if live is None else live

    def changes_after(self, number: int) -> Changes:
        """Return in which rows the state after so many calls differs from the first."""
        changes = self.changes[number]
        if changes is None:
            if number == len(self.calls) and self.live is not None:
                return self._read(number, self.live)
            # Who looks at one earlier state will look at others, so all are noted on the way.
            self.live = self.make_again(read=True)
            changes = self.changes[number]
            assert changes is not None
        return changes

    def _read(self, number: int, live: Live) -> Changes:
        try:
            changes = self.changes[number] = self.origin.changes_of(live)
        except ValueError as error:
            raise StubError(self.calls[number - 1].tool, f"the state is no JSON: {error}") from None
        return changes

    def make_again(self, *, read: bool = False) -> Live:
        """Return fresh toolkits on which every call was made again; `read` notes the state after each.

        Raises:
            StubError: If a call answers otherwise than the first time.
        """
        live = self.origin.live()
        for number, (call, answer) in enumerate(zip(self.calls, self.answers, strict=True), start=1):
            try:
                again = self.origin.run(call.tool, call.arguments, live) == answer
            except Raised:
                again = False
            if not again:
                message = "made again, the call answers otherwise; the toolkit is not deterministic"
                raise StubError(call.tool, message)
            if read and self.changes[number] is None:
                self._read(number, live)
        return live


class Moment(State):
    """The state after the first calls of a trail, worked out when somebody looks."""

    __slots__ = ("_built", "_number", "_trail")

    def __init__(self, trail: _Trail, number: int) -> None:
        self._digest = None
        self._built: dict[str, Table] | None = None
        self._trail = trail
        self._number = number

    @property
    def _tables(self) -> dict[str, Table]:  # type: ignore[override]
        if self._built is None:
            start = self._trail.origin.state
            self._built = start.with_changes(self._trail.changes_after(self._number))._tables
        return self._built

    def known_changes(self, before: State) -> Mapping[str, Mapping[str, Row | None]] | None:
        """Return in which rows this state differs from the run's first, None for any other."""
        return self._trail.changes_after(self._number) if before is self._trail.origin.state else None


class NativeRun:
    """One live run of hosted toolkits; what `Session` is for stubs.

    A method that raises refuses: its effects are undone, the result is `{"error": message}`. A method that returns
    what `Ways.refuses` knows for a refusal refuses too, but what it changed stands: the toolkit says so itself.
    """

    made_ids: tuple[str, ...] = ()
    read_clock = False

    def __init__(
        self, environment: Environment, task: Task | None, origin: Origin, methods: Mapping[str, Method]
    ) -> None:
        self.environment = environment
        self.task = task
        self._origin = origin
        self._methods = methods
        self._trail = _Trail(origin, [], [], [{}])
        self._now: State = origin.state
        # For each call, refused ones too, how many calls had taken effect before it.
        self._past: list[int] = []

    @property
    def state(self) -> State:
        """The current state."""
        return self._now

    @property
    def digest(self) -> str:
        """The digest of the current state."""
        return self._now.digest

    @property
    def toolkits(self) -> Toolkits:
        """The live objects, to look at; what changes them must be a call."""
        live = self._trail.live = self._trail.take_live()
        return [self._origin.toolkit(index, live) for index in range(len(live))]

    @property
    def clock(self) -> str:
        """The task's clock, else the environment's; it stands still."""
        return self.environment.clock_of(self.task)

    def call(self, tool_call: ToolCall) -> ToolResult:
        """Run one call, wholly or not at all.

        Raises:
            StubError: If the result cannot be said in JSON, or calls made again answer otherwise.
        """
        trail = self._trail
        number = len(trail.calls)
        reason = self._complaint(tool_call)
        if reason is None:
            live = trail.take_live()
            try:
                content = self._origin.run(tool_call.tool, tool_call.arguments, live)
            except Raised as refusal:
                reason = refusal.message
        self._past.append(number)
        if reason is not None:
            return refused(tool_call, reason)
        trail.calls.append(tool_call)
        trail.answers.append(content)
        trail.changes.append(None)
        trail.live = live
        self._now = Moment(trail, number + 1)
        return ToolResult.unchecked(tool_call.id, content, self._origin.ways.refuses(content))

    def _complaint(self, tool_call: ToolCall) -> str | None:
        method = self._methods.get(tool_call.tool)
        if method is None or tool_call.tool not in self._origin.owners:
            return f"There is no tool {tool_call.tool!r}."
        return method.complaint(tool_call)

    def fork(self) -> NativeRun:
        """Return an independent run at the same moment; its first call makes the earlier ones again."""
        twin = NativeRun(self.environment, self.task, self._origin, self._methods)
        twin._past = list(self._past)
        twin._go_to(self._trail, len(self._trail.calls))
        return twin

    def rollback(self, calls: int = 1) -> None:
        """Go back to the moment before the last `calls` calls.

        Raises:
            InputError: If fewer calls were made.
        """
        if not 0 <= calls <= len(self._past):
            raise InputError(f"there are no {calls} calls to roll back", cure="roll back at most the calls made")
        if calls:
            number = self._past[-calls]
            del self._past[-calls:]
            self._go_to(self._trail, number)

    def _go_to(self, trail: _Trail, number: int) -> None:
        # States handed out before still belong to the longer trail, so it stays as it is.
        self._trail = trail.up_to(number)
        self._now = Moment(self._trail, number) if number else self._origin.state
