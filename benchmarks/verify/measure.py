"""What a verdict costs beside the replay that it judges, by group of checks."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gem_sim
from benchmarks.verify.works import NAMES, Work, make, works
from gem_sim.errors import InputError
from gem_sim.verifier.verify import Check, checks_for, checks_of

ROOT = Path(__file__).resolve().parents[2]
# Families that look at what was executed; the others read the conversation.
EXECUTION = ("schema", "result", "effects", "goal")


def measure(repeat: int = 5) -> dict[str, Any]:
    """Return per set of trajectories the milliseconds a replay takes and a verdict takes, each the median of `repeat`.

    The sets are those of the bundled environments, ToolTalk's dialogues, and `made`: what the offline teacher makes of
    texts. `replay` runs the stubs in this process, `replay_in_worker` in the worker process, which is what
    untrusted environments get, such as all that are made of texts; `execution` are the checks of schema, result,
    effects and goal, `all` every check on conversations judged before, `first` every check on conversations whose
    messages are new to this process. `cold_replay` and `cold_judge` are in a process of its own each time that has
    replayed and judged nothing before, as for one who verifies a file once: the worker is started, stubs are compiled.
    `ratio` is all checks over the replay in this process, `ratio_in_worker` over the one in the worker, `ratio_first`
    the checks of new conversations over the replay in the worker, `ratio_cold` the verdict over the replay in new
    processes, `ratio_execution` the checks of the execution over the replay in this process: below 1, judging is
    cheaper. The last set has all trajectories. Wall-clock time, since the worker is another process.
    """
    with TemporaryDirectory() as text:
        folder = Path(text)
        sets = {name: _of_set(name, folder, repeat) for name, _ in _sets(folder)}
    sets["all"] = _sum(list(sets.values()))
    return {"repeat": repeat, "sets": [_row(name, seconds) for name, seconds in sets.items()]}


def _sets(folder: Path) -> list[tuple[str, list[Work]]]:
    """Return the sets whose data are there."""
    found = []
    for name in NAMES:
        try:
            if name == "made":
                make(folder)
            found.append((name, list(works(name, folder))))
        except InputError as error:
            print(f"left out: {error}")
    return found


def _of_set(name: str, folder: Path, repeat: int) -> dict[str, float]:
    cold = [_cold(name, folder) for _ in range(repeat)]
    taken = {f"cold_{kind}": statistics.median(each[kind] for each in cold) for kind in ("replay", "judge")}
    return _sum([_seconds(*work, repeat) for work in works(name, folder)]) | taken


def _cold(name: str, folder: Path) -> dict[str, float]:
    """Return the seconds of replay and verdict in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.verify.cold", name, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    taken: dict[str, float] = json.loads(done.stdout)
    return taken


def _seconds(environment: gem_sim.Environment, trajectories: list[gem_sim.Trajectory], repeat: int) -> dict[str, float]:
    """Return how many trajectories and calls there are, and what each kind of work on all of them takes."""
    here, apart = replace(environment, trusted=True), replace(environment, trusted=False)
    every, execution = checks_for(here), checks_of(*EXECUTION)
    replays = _replayed(trajectories, here)
    new: list[gem_sim.Replay] = []
    work: dict[str, Callable[[], object]] = {
        "replay": lambda: _replayed(trajectories, here),
        "replay_in_worker": lambda: _replayed(trajectories, apart),
        "execution": lambda: _judge(replays, execution),
        "all": lambda: _judge(replays, every),
        "first": lambda: _judge(new, every),
    }
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for number in range(repeat + 1):
        new[:] = _replayed([_reworded(trajectory, number) for trajectory in trajectories], here)
        for name, run in work.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    # The first round warms up: stubs are compiled, the worker starts.
    cost = {name: statistics.median(rounds[1:]) for name, rounds in seconds.items()}
    return {"trajectories": len(trajectories), "calls": sum(len(replayed.calls) for replayed in replays), **cost}


def _replayed(trajectories: Sequence[gem_sim.Trajectory], environment: gem_sim.Environment) -> list[gem_sim.Replay]:
    return [gem_sim.replay(trajectory, environment) for trajectory in trajectories]


def _reworded(trajectory: gem_sim.Trajectory, number: int) -> gem_sim.Trajectory:
    """Return a trajectory whose conversation no check has read yet: the same but for spaces at the ends."""
    messages = tuple(
        message.model_copy(update={"content": message.content + " " * (number + 1)})
        if message.content and message.role in ("user", "assistant")
        else message
        for message in trajectory.messages
    )
    return trajectory.model_copy(update={"messages": messages})


def _judge(replays: Sequence[gem_sim.Replay], checks: Sequence[Check]) -> None:
    for replayed in replays:
        gem_sim.verify(replayed, checks)


def _sum(seconds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: sum(each[name] for each in seconds) for name in seconds[0]}


def _row(name: str, seconds: dict[str, float]) -> dict[str, Any]:
    trajectories, calls = int(seconds["trajectories"]), int(seconds["calls"])
    cost = {kind: value for kind, value in seconds.items() if kind not in ("trajectories", "calls")}
    return {
        "set": name,
        "trajectories": trajectories,
        "calls": calls,
        **{f"{kind}_ms": round(value * 1e3 / trajectories, 3) for kind, value in cost.items()},
        "ratio_execution": round(cost["execution"] / cost["replay"], 2),
        "ratio_cold": round(cost["cold_judge"] / cost["cold_replay"], 2),
        "ratio_in_worker": round(cost["all"] / cost["replay_in_worker"], 2),
        "ratio_first": round(cost["first"] / cost["replay_in_worker"], 2),
        "ratio": round(cost["all"] / cost["replay"], 2),
    }


_COLUMNS = (
    ("set", "set"),
    ("items", "trajectories"),
    ("calls", "calls"),
    ("cold replay ms", "cold_replay_ms"),
    ("verdict", "cold_judge_ms"),
    ("ratio", "ratio_cold"),
    ("| in worker ms", "replay_in_worker_ms"),
    ("new texts", "first_ms"),
    ("ratio", "ratio_first"),
    ("again", "all_ms"),
    ("ratio", "ratio_in_worker"),
    ("| here ms", "replay_ms"),
    ("execution", "execution_ms"),
    ("ratio", "ratio_execution"),
    ("again", "all_ms"),
    ("ratio", "ratio"),
)


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    rows = [[head for head, _ in _COLUMNS]]
    rows += [[str(row[key]) for _, key in _COLUMNS] for row in measured["sets"]]
    widths = [max(len(row[at]) for row in rows) + 2 for at in range(len(_COLUMNS))]
    lines = ["".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.append("milliseconds a trajectory; a ratio is the verdict over the replay left of it, below 1 it is cheaper")
    lines.append("cold: a process of its own, worker started; in worker, here: replayed before, in one process")
    return "\n".join(lines)
