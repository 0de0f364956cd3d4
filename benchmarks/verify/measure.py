"""What a verdict costs beside the replay that it judges, by group of checks."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gem_sim
from benchmarks.verify.works import NAMES, Work, in_turn, make, works
from gem_sim.errors import InputError
from gem_sim.verifier.verify import checks_for, checks_of

ROOT = Path(__file__).resolve().parents[2]
# Families that look at what was executed; the others read the conversation.
EXECUTION = ("schema", "result", "effects", "goal")
WAYS = ("cold", "new", "again", "here")

# Kind of work → the seconds it took in each round.
Rounds = dict[str, list[float]]


def measure(repeat: int = 9) -> dict[str, Any]:
    """Return per set of trajectories the milliseconds a replay takes and a verdict takes, each the median of `repeat`.

    The sets are those of the bundled environments, ToolTalk's dialogues, and `made`: what the offline teacher makes of
    texts. Each trajectory is replayed and then judged, one after the other, as `gem-sim verify` does. Each way has what
    its replays take (`_replay`) and what its verdicts take (`_verdict`): `cold` in a process of its own each time that
    has replayed and judged nothing before, as for one who verifies a file once (the worker is started, stubs are
    compiled); `new` in the worker process, which is what untrusted environments get, such as all that are made of
    texts, with messages that are new to this process; `again` in the worker with the messages of `new`; `here` in this
    process, which trusted environments get, with those messages too. `execution_verdict` are the checks of schema,
    result, effects and goal alone over the replays of `here`. A ratio is the verdict over its replay: below 1, judging
    is cheaper. It is the median of those of each round, since a machine is now faster, now slower. The last set has all
    trajectories. Wall-clock time, since the worker is another process.
    """
    sets: dict[str, tuple[list[Work], Rounds]] = {}
    with TemporaryDirectory() as text:
        folder = Path(text)
        for name, of_set in _sets(folder).items():
            warm = _sum([_seconds(*work, repeat) for work in of_set])
            sets[name] = of_set, warm | _cold(name, folder, repeat)
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


def _cold(name: str, folder: Path, repeat: int) -> Rounds:
    """Return the seconds of replays and verdicts in a process of its own, time after time."""
    command = [sys.executable, "-m", "benchmarks.verify.cold", name, str(folder)]
    taken: list[dict[str, float]] = []
    for _ in range(repeat):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        taken.append(json.loads(done.stdout))
    return {f"cold_{kind}": [each[kind] for each in taken] for kind in ("replay", "verdict")}


def _seconds(environment: gem_sim.Environment, trajectories: list[gem_sim.Trajectory], repeat: int) -> Rounds:
    """Return the seconds that each kind of work on all trajectories takes, round by round."""
    here, apart = replace(environment, trusted=True), replace(environment, trusted=False)
    every, execution = checks_for(here), checks_of(*EXECUTION)
    rounds: Rounds = defaultdict(list)
    for number in range(repeat + 1):
        new = [_reworded(trajectory, number) for trajectory in trajectories]
        for name, judged_in in (("new", apart), ("again", apart), ("here", here)):
            replayed, judged, replays = in_turn(new, judged_in, every)
            rounds[f"{name}_replay"].append(replayed)
            rounds[f"{name}_verdict"].append(judged)
        started = time.perf_counter()
        for each in replays:
            gem_sim.verify(each, execution)
        rounds["execution_verdict"].append(time.perf_counter() - started)
    # The first round warms up: stubs are compiled, the worker starts.
    return {name: seconds[1:] for name, seconds in rounds.items()}


def _reworded(trajectory: gem_sim.Trajectory, number: int) -> gem_sim.Trajectory:
    """Return a trajectory whose conversation no check has read yet: the same but for spaces at the ends."""
    messages = tuple(
        message.model_copy(update={"content": message.content + " " * (number + 1)})
        if message.content and message.role in ("user", "assistant")
        else message
        for message in trajectory.messages
    )
    return trajectory.model_copy(update={"messages": messages})


def _sum(measured: Sequence[Rounds]) -> Rounds:
    return {kind: list(map(sum, zip(*(rounds[kind] for rounds in measured), strict=True))) for kind in measured[0]}


def _row(name: str, of_set: Sequence[Work], rounds: Rounds) -> dict[str, Any]:
    trajectories = [trajectory for _, some in of_set for trajectory in some]

    def ratio(judged: str, replayed: str) -> float:
        pairs = zip(rounds[f"{judged}_verdict"], rounds[f"{replayed}_replay"], strict=True)
        return round(statistics.median(above / below for above, below in pairs), 2)

    return {
        "set": name,
        "trajectories": len(trajectories),
        "calls": sum(1 for trajectory in trajectories for _ in trajectory.calls()),
        **{f"{kind}_ms": round(statistics.median(each) * 1e3 / len(trajectories), 3) for kind, each in rounds.items()},
        **{f"{way}_ratio": ratio(way, way) for way in WAYS},
        "execution_ratio": ratio("execution", "here"),
    }


_COLUMNS = (
    ("set", "set"), ("items", "trajectories"), ("calls", "calls"),
    *(
        (way if key == "replay_ms" else key.partition("_")[0], f"{way}_{key}")
        for way in WAYS for key in ("replay_ms", "verdict_ms", "ratio")
    ),
    ("execution", "execution_verdict_ms"), ("ratio", "execution_ratio"),
)  # fmt: skip


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    rows = [[head for head, _ in _COLUMNS]]
    rows += [[str(row[key]) for _, key in _COLUMNS] for row in measured["sets"]]
    widths = [max(len(row[at]) for row in rows) + 1 for at in range(len(_COLUMNS))]
    lines = ["".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([*lines, *_LEGEND])


_LEGEND = (
    "milliseconds a trajectory, each replayed and then judged; a ratio is the verdict over the replay before it",
    "cold: once, in a process of its own, which starts the worker; new: in the worker, texts not read before",
    "again: in the worker, texts read before; here: in this process; execution: its verdicts by four families alone",
)
