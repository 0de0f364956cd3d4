"""Tasks: can they be solved, does doing nothing solve them, is there a shorter way than the one recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final, Literal, NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import GemSimError
from gem_sim.message import Message
from gem_sim.simulator import Session, replay
from gem_sim.simulator.schema import complaints, schema_problem
from gem_sim.state import State
from gem_sim.task import Expectation, Task
from gem_sim.testing.explore import explore
from gem_sim.testing.lab import Lab, Made, Node, Taken
from gem_sim.testing.program import answer_of
from gem_sim.testing.values import Values, properties_of
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding
from gem_sim.verifier import verify
from gem_sim.verifier.goal import holds_in, is_vacuous, matching

Outcome = Literal["reached", "vacuous", "impossible", "invalid", "undecided", "nothing expected"]

_STEPS: Final = 3000
_TRIES: Final = 60


class Judged(NamedTuple):
    """What became of a task.

    `by` names how its end was reached: a trajectory's id or *search*, None where it was not. `calls` is how many
    calls that took, `shorter` a way with fewer that keeps the order of the workflows, None where there is none.
    """

    task: str
    outcome: Outcome
    by: str | None = None
    calls: int | None = None
    shorter: tuple[Made, ...] | None = None


def judge_tasks(
    lab: Lab, trajectories: Sequence[Trajectory], *, seed: int = 0, seconds: float = 10.0
) -> Iterator[tuple[Judged, Finding | None]]:
    """Yield what became of each task, with a finding where something is wrong or cannot be known.

    `seconds` is about how long to search, over all the tasks that no trajectory solves.
    """
    unsolved = len(lab.environment.tasks.keys() - {one.task for one in trajectories})
    each = seconds / max(1, unsolved)
    for task in lab.environment.tasks.values():
        yield _judge(lab, task, [one for one in trajectories if one.task == task.id], seed, each)


def _judge(
    lab: Lab, task: Task, recorded: list[Trajectory], seed: int, seconds: float
) -> tuple[Judged, Finding | None]:
    environment = lab.environment
    problem = next(_invalid(environment, task), None)
    if problem is not None:
        return Judged(task.id, "invalid"), _finding("check.task_invalid", task, problem)
    if not task.expect:
        return Judged(task.id, "nothing expected"), None
    if is_vacuous(task, environment.initial_state(task)):
        message = "all that it expects holds at its start; doing nothing meets it"
        return Judged(task.id, "vacuous"), _finding("check.task_vacuous", task, message)
    for trajectory in recorded:
        calls = _calls_that_reach(environment, task, trajectory)
        if calls is not None:
            return Judged(task.id, "reached", trajectory.id, len(calls), _shorter(lab, task, calls)), None
    problem = next(_impossible(environment, task), None)
    if problem is not None:
        return Judged(task.id, "impossible"), _finding("check.task_impossible", task, problem)
    found = _search(lab, task, seed, seconds)
    if found is not None:
        return Judged(task.id, "reached", "search", len(found), None), None
    message = f"no trajectory and no search reached what it expects: {'; '.join(map(str, task.expect))}"
    return Judged(task.id, "undecided"), _finding("check.task_unreached", task, message)


def _finding(code: str, task: Task, message: str) -> Finding:
    severity: Literal["error", "undecided"] = "undecided" if code == "check.task_unreached" else "error"
    return Finding(code=code, severity=severity, path=f"tasks.{task.id}", message=f"task {task.id!r}: {message}")


def _invalid(environment: Environment, task: Task) -> Iterator[str]:
    """Yield what in a task cannot even be written in the environment."""
    for table, rows in task.state.items():
        entity = environment.entities.get(table)
        if table not in environment.state:
            yield f"its state has a table {table!r}, which the environment lacks"
        for key, row in rows.items():
            first = None if row is None or entity is None else next(complaints(entity.row, row), None)
            if first is not None:
                yield f"its state's row {table}.{key} breaks the schema: {first.message}"
            if row is not None and entity is not None and row.get(entity.key, key) != key:
                yield f"its state's row {table}.{key} has the {entity.key} {row[entity.key]!r}"
    for expectation in task.expect:
        yield from _unwritable(environment, expectation)


def _unwritable(environment: Environment, expectation: Expectation) -> Iterator[str]:
    if expectation.tool is not None:
        tool = environment.tools.get(expectation.tool)
        if tool is None:
            yield f"it expects a call of {expectation.tool!r}, which the environment lacks"
            return
        fields, closed, what, wanted = properties_of(tool), True, tool.name, expectation.arguments
    else:
        table = expectation.table or ""
        if table not in environment.state:
            yield f"it expects rows of {table!r}, which the environment lacks"
            return
        schema = environment.entities[table].row if table in environment.entities else {}
        properties = schema.get("properties")
        fields = {name: s if isinstance(s, dict) else {} for name, s in (properties or {}).items()}  # type: ignore[union-attr]
        closed, what, wanted = schema.get("additionalProperties") is False, table, expectation.where
    for name, value in wanted.items():
        if name not in fields:
            if closed:
                yield f"it expects {what} with {name!r}, which it does not have"
            continue
        problem = schema_problem(fields[name], value)
        if problem is not None:
            yield f"it expects {what} with {name} {value!r}, which does not fit: {problem}"


def _impossible(environment: Environment, task: Task) -> Iterator[str]:
    """Yield why no calls can lead to what a task expects, as far as declarations tell."""
    start = environment.initial_state(task)
    tools = environment.tools.values()
    written = {table for tool in tools for table in (tool.writes or ())}
    open_ended = any(tool.writes is None and tool.effect != "read" for tool in tools)
    rows = [expectation for expectation in task.expect if expectation.table is not None]
    for expectation in rows:
        if expectation.table not in written and not open_ended and not holds_in(expectation, start):
            yield f"it expects {expectation}, and no tool writes {expectation.table}"
    for index, one in enumerate(rows):
        for other in rows[index + 1 :]:
            if one.table == other.table and _contradict(one, other):
                yield f"it expects {one}, and also {other}"


def _contradict(one: Expectation, other: Expectation) -> bool:
    """Tell whether two expectations of a table cannot both hold."""
    if one.where == other.where:
        return one.count is not None and other.count is not None and one.count != other.count
    narrow, wide = (one, other) if other.where.items() <= one.where.items() else (other, one)
    if not wide.where.items() <= narrow.where.items() or wide.count is None:
        return False
    return (1 if narrow.count is None else narrow.count) > wide.count


def _calls_that_reach(environment: Environment, task: Task, trajectory: Trajectory) -> tuple[Made, ...] | None:
    """Return a trajectory's calls if they reach what the task expects."""
    try:
        replayed = replay(trajectory, environment, task=task)
    except GemSimError:
        return None
    calls = tuple(Made(call.placed.call.tool, call.executed.arguments) for call in replayed.calls)
    codes = {finding.code for finding in verify(replayed).findings}
    return None if "goal.unmet" in codes else calls


def _shorter(lab: Lab, task: Task, calls: tuple[Made, ...]) -> tuple[Made, ...] | None:
    """Return fewer of the calls that still pass: same goal, no step left out that another depends on."""
    best = calls
    for size in (4, 2, 1):
        index = 0
        while index < len(best):
            fewer = best[:index] + best[index + size :]
            if fewer and _passes(lab.environment, task, fewer):
                best = fewer
            else:
                index += 1
    return best if len(best) < len(calls) else None


def _passes(environment: Environment, task: Task, calls: tuple[Made, ...]) -> bool:
    """Tell whether calls, made into a trajectory with the answers of execution, reach the goal in the right order."""
    session = Session(environment, task=task)
    messages = [Message(role="user", content=task.instruction or task.id)]
    for number, made in enumerate(calls, start=1):
        call = made.as_call(number)
        answer = answer_of(session, call)
        if answer is None:
            return False
        messages.append(Message(role="assistant", tool_calls=(call,)))
        messages.append(Message(role="tool", tool_call_id=call.id, name=made.tool, content=answer))
    try:
        verdict = verify(replay(Trajectory(id=task.id, messages=tuple(messages), task=task.id), environment, task=task))
    except GemSimError:
        return False
    return not any(finding.severity == "error" for finding in verdict.findings)


def _search(lab: Lab, task: Task, seed: int, seconds: float) -> tuple[Made, ...] | None:
    """Return calls that reach what a task expects, None where the budget does not find any."""
    rows = [expectation for expectation in task.expect if expectation.table is not None]
    tools = [expectation for expectation in task.expect if expectation.tool is not None]
    node = _towards(lab, lab.start(task), rows, seed)
    found: list[Node] = [node] if _all_hold(rows, node.moment.state) else []

    def look(taken: Taken) -> None:
        if taken.succeeded and taken.changes and not found and _all_hold(rows, taken.after.moment.state):
            found.append(taken.after)

    if not found:
        wanted = [*(e.where for e in rows), *(e.arguments for e in tools)]
        explore(
            lab,
            starts=[task],
            seed=seed,
            steps=_STEPS,
            seconds=seconds,
            only_starts=True,
            until=lambda: bool(found),
            hints=[(name, value) for where in wanted for name, value in where.items()],
            watch=look,
        )
    return None if not found else _with_calls(lab, found[0], rows, tools, seed)


def _towards(lab: Lab, node: Node, rows: list[Expectation], seed: int) -> Node:
    """Return a node where as many expectations hold as calls with just their values can bring about."""
    values, random = Values(lab.environment), Random(seed)
    for expectation in rows:
        if holds_in(expectation, node.moment.state):
            continue
        writers = [t for t in lab.environment.tools.values() if expectation.table in (t.writes or ())]
        for tool in (tool for _ in range(_TRIES) for tool in writers):
            drawn = values.arguments(tool, node.moment.state, random, {})
            named = {name: expectation.where[name] for name in properties_of(tool) if name in expectation.where}
            made = Made(tool.name, {**drawn, **{n: value for n, value in named.items() if value is not None}})
            taken = lab.try_call(node, made) if lab.accepts(made) else None
            if taken is not None and taken.succeeded and holds_in(expectation, taken.after.moment.state):
                node = taken.after
                break
    return node


def _all_hold(rows: list[Expectation], state: State) -> bool:
    return all(holds_in(expectation, state) for expectation in rows)


def _with_calls(
    lab: Lab, node: Node, rows: list[Expectation], tools: list[Expectation], seed: int
) -> tuple[Made, ...] | None:
    """Return the path to a node with the calls that are expected as well put behind it."""
    values, random = Values(lab.environment), Random(seed)
    for expectation in tools:
        if any(_is_expected(made, expectation) for made in node.path()):
            continue
        tool = lab.environment.tools[expectation.tool or ""]
        for _ in range(_TRIES):
            drawn = values.arguments(tool, node.moment.state, random, {})
            made = Made(tool.name, {**drawn, **expectation.arguments})
            taken = lab.try_call(node, made) if lab.accepts(made) else None
            if taken is not None and taken.succeeded and _all_hold(rows, taken.after.moment.state):
                node = taken.after
                break
        else:
            return None
    return node.path()


def _is_expected(made: Made, expectation: Expectation) -> bool:
    wanted: dict[str, Json] = expectation.arguments
    return made.tool == expectation.tool and matching(dict(made.arguments), wanted) == len(wanted)
