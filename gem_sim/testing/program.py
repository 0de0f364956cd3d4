"""A problem as something to run: a Python program, and a trajectory."""

from __future__ import annotations

import json
import pprint
from collections.abc import Sequence
from pathlib import Path

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import StubError
from gem_sim.formats import write_trajectories
from gem_sim.formats.atomic import atomic_text
from gem_sim.message import Message
from gem_sim.simulator import Session
from gem_sim.task import Task
from gem_sim.testing.lab import Made
from gem_sim.testing.watch import Problem
from gem_sim.tool import ToolCall
from gem_sim.trajectory import Trajectory


def program(problem: Problem, environment: Environment, *, seed: int = 0) -> str:
    """Return a program that makes a problem's calls and prints what each one did."""
    where = str(Path(environment.folder).resolve()) if environment.folder else environment.name
    title = _one_line(str(problem.finding))
    # A quote at the end would run into those that close the docstring.
    lines = [f'"""{title}{" " * title.endswith(chr(34))}"""', "", "import gem_sim", ""]
    lines.append(f"environment = gem_sim.load_environment({where!r}, trusted={environment.trusted})")
    task = ""
    if problem.start is not None:
        empty = emptied_tables(problem.start, environment)
        kept = {table: rows for table, rows in problem.start.state.items() if table not in empty}
        text = problem.start.model_copy(update={"state": kept}).model_dump(mode="json", exclude_defaults=True)
        lines.append(f"start = {pprint.pformat(text, width=100, sort_dicts=False)}")
        if empty:
            lines.append(f"for table in {empty!r}:")
            lines.append("    start.setdefault('state', {})[table] = dict.fromkeys(environment.state[table])")
        lines.append("task = gem_sim.Task.model_validate(start)")
        task = ", task=task"
    lines.append(f"session = gem_sim.Session(environment, seed={seed}{task})")
    for number, made in enumerate(problem.calls, start=1):
        arguments = pprint.pformat(dict(made.arguments), width=100, sort_dicts=False)
        lines.append(f"call = gem_sim.ToolCall(id='call_{number}', tool={made.tool!r}, arguments={arguments})")
        if number == len(problem.calls):
            lines.append("before = session.state")
        lines.append("print(session.call(call))")
    if problem.calls:
        lines += ["for change in gem_sim.state.changed_rows(before, session.state):", "    print(change)"]
    lines[2] = "import gem_sim\nimport gem_sim.state" if problem.calls else lines[2]
    return "\n".join(lines) + "\n"


def trajectory(problem: Problem, environment: Environment, name: str, *, seed: int = 0) -> Trajectory:
    """Return a problem's calls as a trajectory with the answers of execution; a call that breaks has none.

    Its task is that of the session where the environment has it; another start stands in the row as `start`.
    """
    session = Session(environment, seed=seed, task=problem.start)
    messages = [Message(role="user", content=_one_line(str(problem.finding)))]
    for number, made in enumerate(problem.calls, start=1):
        call = made.as_call(number)
        messages.append(Message(role="assistant", tool_calls=(call,)))
        answer = answer_of(session, call)
        if answer is None:
            break
        messages.append(Message(role="tool", tool_call_id=call.id, name=made.tool, content=answer))
    extra: dict[str, Json] = {"finding": problem.finding.model_dump(mode="json")}
    known = problem.start is not None and environment.tasks.get(problem.start.id) == problem.start
    if problem.start is not None and not known:
        extra["start"] = problem.start.model_dump(mode="json", exclude_defaults=True)
    task = problem.start.id if problem.start is not None and known else None
    return Trajectory(id=name, messages=tuple(messages), task=task, extra=extra)


def answer_of(session: Session, call: ToolCall) -> str | None:
    """Return the answer of a call as JSON text, None where the tool broke."""
    try:
        return json.dumps(session.call(call).content, ensure_ascii=False)
    except StubError:
        return None


def write_problems(folder: Path, problems: Sequence[Problem], environment: Environment, *, seed: int = 0) -> list[Path]:
    """Write each problem that has calls as `<code>-<number>.py`, and all of them as `trajectories.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    written, trajectories = [], []
    for number, problem in enumerate((p for p in problems if p.calls), start=1):
        name = f"{problem.finding.code.removeprefix('check.')}-{number}"
        path = folder / f"{name}.py"
        with atomic_text(path) as file:
            file.write(program(problem, environment, seed=seed))
        written.append(path)
        trajectories.append(trajectory(problem, environment, name, seed=seed))
    if trajectories:
        write_trajectories(folder / "trajectories.jsonl", trajectories)
        written.append(folder / "trajectories.jsonl")
    return written


def steps(problem: Problem, environment: Environment) -> list[str]:
    """Return a problem's calls as lines for a person."""
    lines = [] if problem.start is None else [f"start: {_start(problem.start, environment)}"]
    return lines + [f"{made.tool}({_arguments(made)})" for made in problem.calls]


def emptied_tables(task: Task, environment: Environment) -> list[str]:
    """Return the tables of which a task leaves no row."""
    return [
        table
        for table, rows in task.state.items()
        if rows and rows.keys() >= set(environment.state.get(table, {})) and all(row is None for row in rows.values())
    ]


def _start(task: Task, environment: Environment) -> str:
    if task.id in environment.tasks:
        return f"task {task.id!r}"
    parts = [f"the clock at {task.clock}"] if task.clock else []
    empty = emptied_tables(task, environment)
    if empty:
        parts.append(f"no rows in {', '.join(empty)}")
    return "; ".join(parts) or f"task {task.id!r}"


def _arguments(made: Made) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in made.arguments.items())


def _one_line(text: str) -> str:
    return " ".join(text.replace('"""', "'''").replace("\\", "/").split())
