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

# Kind of work → the seconds it took in each round.
Rounds = dict[str, list[float]]


def measure(repeat: int = 9) -> dict[str, Any]:
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
    cheaper. A ratio is the median of those of each round, since a machine is now faster, now slower. The last set has
    all trajectories. Wall-clock time, since the worker is another process.
    """
    sets: dict[str, tuple[list[Work], Rounds]] = {}
    with TemporaryDirectory() as text:
        folder = Path(text)
        for name, of_set in _sets(folder).items():
            warm = _sum([_seconds(*work, repeat) for work in of_set])
            cold = [_cold(name, folder) for _ in range(repeat)]
            sets[name] = of_set, warm | {f"cold_{kind}": [each[kind] for each in cold] for kind in ("replay", "judge")}
    every = [work for of_set, _ in sets.values() for work in of_set]
    sets["all"] = every, _sum([rounds for _, rounds in sets.values()])
    return {"repeat": repeat, "sets": [_row(name, *measured) for name, measured in sets.items()]}


def _sets(folder: Path) -> dict[str, list[Work]]:
    """Return the sets whose data are there."""
    found = {}
    for name in NAMES:
        try:
            if name == "made":
                make(folder)
            found[name] = list(works(name, folder))
        except InputError as error:
            print(f"left out: {error}")
    return found


def _cold(name: str, folder: Path) -> dict[str, float]:
    """Return the seconds of replay and verdict in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.verify.cold", name, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    taken: dict[str, float] = json.loads(done.stdout)
    return taken


def _seconds(environment: gem_sim.Environment, trajectories: list[gem_sim.Trajectory], repeat: int) -> Rounds:
    """Return the seconds that each kind of work on all trajectories takes, round by round."""
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
    return {name: rounds[1:] for name, rounds in seconds.items()}


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


def _sum(measured: Sequence[Rounds]) -> Rounds:
    return {kind: list(map(sum, zip(*(rounds[kind] for rounds in measured), strict=True))) for kind in measured[0]}


def _row(name: str, of_set: Sequence[Work], rounds: Rounds) -> dict[str, Any]:
    trajectories = [trajectory for _, some in of_set for trajectory in some]

    def ratio(judged: str, replayed: str) -> float:
        pairs = zip(rounds[judged], rounds[replayed], strict=True)
        return round(statistics.median(above / below for above, below in pairs), 2)

    return {
        "set": name,
        "trajectories": len(trajectories),
        "calls": sum(1 for trajectory in trajectories for _ in trajectory.calls()),
        **{f"{kind}_ms": round(statistics.median(each) * 1e3 / len(trajectories), 3) for kind, each in rounds.items()},
        "ratio_execution": ratio("execution", "replay"),
        "ratio_cold": ratio("cold_judge", "cold_replay"),
        "ratio_in_worker": ratio("all", "replay_in_worker"),
        "ratio_first": ratio("first", "replay_in_worker"),
        "ratio": ratio("all", "replay"),
    }


_COLUMNS = (
    ("set", "set"), ("items", "trajectories"), ("calls", "calls"),
    ("cold", "cold_replay_ms"), ("verdict", "cold_judge_ms"), ("ratio", "ratio_cold"),
    ("worker", "replay_in_worker_ms"), ("new", "first_ms"), ("ratio", "ratio_first"),
    ("again", "all_ms"), ("ratio", "ratio_in_worker"),
    ("here", "replay_ms"), ("again", "all_ms"), ("ratio", "ratio"), ("execution", "execution_ms"),
    ("ratio", "ratio_execution"),
)  # fmt: skip


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    rows = [[head for head, _ in _COLUMNS]]
    rows += [[str(row[key]) for _, key in _COLUMNS] for row in measured["sets"]]
    widths = [max(len(row[at]) for row in rows) + 1 for at in range(len(_COLUMNS))]
    lines = ["".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([*lines, *_LEGEND])


_LEGEND = (
    "milliseconds a trajectory; a ratio is the verdict over the replay before it, below 1 judging is cheaper",
    "cold: replay in a process of its own, which starts the worker; worker, here: in the worker, in this process",
    "new: verdicts on texts that this process has not read; again: on those it has; execution: four families",
)
