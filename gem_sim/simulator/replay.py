"""Replay: run a recorded trajectory again, call by call, and lay the results side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.sandbox import Limits
from gem_sim.simulator.compare import Difference, Renaming, compare, reads_as, says_error
from gem_sim.simulator.faults import KEY, declared_kind, faulty_result
from gem_sim.simulator.session import LiveRun, open_session
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.tool import Tool, ToolCall, ToolResult
from gem_sim.trajectory import PlacedCall, Trajectory


class ReplayedCall(NamedTuple):
    """One call of a replay.

    `placed` is the recorded call and its place; `executed` the call as it was run, generated ids translated;
    `recorded` the recorded answer (`has_answer` False: there is none); `result` the executed answer; `before` and
    `after` the states around it; `differences` where the two answers part, empty where they agree; `made` the ids it
    made; `clock` the session's clock if any call so far has read it, else None; `fault` the kind of the fault that the
    recording declares of the answer (`faults`), which `result` then has too.
    """

    placed: PlacedCall
    executed: ToolCall
    has_answer: bool
    recorded: Json
    result: ToolResult
    before: State
    after: State
    differences: tuple[Difference, ...]
    made: tuple[str, ...] = ()
    clock: str | None = None
    fault: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether execution did not refuse."""
        return not self.result.is_error

    @property
    def recorded_error(self) -> bool:
        """Whether the recorded answer reads as a refusal."""
        return self.has_answer and says_error(self.recorded)

    @property
    def executed_error(self) -> bool:
        """Whether the executed answer is or reads as a refusal."""
        return self.result.is_error or says_error(self.result.content)


class Replay(NamedTuple):
    """A Trajectory run again in an Environment: `calls` in recorded order, the states at both ends.

    `task` is the task whose initial state it started from, None for the environment's own. `renaming` says which
    recorded id stands for which executed one.
    """

    trajectory: Trajectory
    environment: Environment
    task: Task | None
    calls: tuple[ReplayedCall, ...]
    start: State
    end: State
    renaming: Renaming

    def first_divergence(self) -> ReplayedCall | None:
        """Return the first call whose recorded and executed answers part, None if none do.

        A recorded value that nothing determines is no divergence; nor is a call of a tool that is not there.
        """
        known = (call for call in self.calls if self.tool_of(call) is not None)
        return next((call for call in known if any(d.kind != "unspecified" for d in call.differences)), None)

    def tool_of(self, call: ReplayedCall) -> Tool | None:
        """Return the environment's tool of a call, None where it lacks it."""
        return self.environment.tools.get(call.placed.call.tool)


def replay(
    trajectory: Trajectory,
    environment: Environment,
    *,
    task: str | Task | None = None,
    seed: int = 0,
    limits: Limits | None = None,
) -> Replay:
    """Run every recorded call, reads too, in recorded order, from the task's initial state.

    Args:
        trajectory: The recording.
        environment: Where to run it.
        task: The task to start from; None takes the trajectory's own where the environment has it.
        seed: Decides generated ids; verdicts do not depend on it.
        limits: What a single call may use.

    Raises:
        StubError: If a stub is broken or hits a limit; never because the trajectory is wrong.
    """
    if task is None and trajectory.task in environment.tasks:
        task = trajectory.task
    session = open_session(environment, seed=seed, task=task, limits=limits)
    start = session.state
    renaming = Renaming(start)
    calls = tuple(_replayed(trajectory, session, renaming))
    return Replay(trajectory, environment, session.task, calls, start, session.state, renaming)


def _replayed(trajectory: Trajectory, session: LiveRun, renaming: Renaming) -> Iterator[ReplayedCall]:
    tools = session.environment.tools
    made: set[str] = set()
    clock_read = False
    after = session.state
    declares = any(KEY in message.extra for message in trajectory.messages)
    start = session.fork() if declares else session
    for placed in trajectory.calls():
        arguments = renaming.executed(placed.call.arguments)
        call = placed.call
        if arguments is not call.arguments:
            call = call.model_copy(update={"arguments": arguments})
        before = after
        fault = declared_kind(placed.answer, tools.get(call.tool))
        result = session.call(call) if fault is None else faulty_result(fault, call, session, start)
        after = session.state
        # A call that was not run made nothing; the session still tells of the one before it.
        own = () if fault is not None and result.is_error else session.made_ids
        made.update(own)
        clock_read = clock_read or session.read_clock
        clock = session.clock if clock_read else None
        differences: tuple[Difference, ...] = ()
        if placed.answer is None:
            recorded: Json = None
        elif not made and reads_as(placed.answer.content or "", result.content):
            # By far most answers are borne out to the letter; then there is nothing to compare.
            recorded = result.content
        else:
            recorded = placed.answer.value()
            if not _both_refuse(recorded, result):
                tool = tools.get(call.tool)
                schema = tool.returns if tool is not None and not result.is_error else None
                differences = tuple(compare(recorded, result.content, schema, renaming, made_ids=made, clock=clock))
        answered = placed.answer is not None
        yield ReplayedCall(placed, call, answered, recorded, result, before, after, differences, own, clock, fault)


def _both_refuse(recorded: Json, result: ToolResult) -> bool:
    """Tell whether the tool refuses in both: why it does is prose, and prose is not compared."""
    return result.is_error and says_error(recorded)
