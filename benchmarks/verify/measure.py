"""What a verdict costs beside the replay that it judges, by group of checks."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gem_sim
from gem_sim.errors import InputError
from gem_sim.formats import write_rows
from gem_sim.pipeline.documents import read_documents
from gem_sim.pipeline.offline.teacher import Offline
from gem_sim.pipeline.synthesize import synthesize
from gem_sim.verifier.verify import Check, checks_for, checks_of

BENCHMARKS = Path(__file__).resolve().parents[1]
TOOLTALK = BENCHMARKS / "tooltalk" / "load.py"
TEXTS = BENCHMARKS.parents[1] / "shared" / "data" / "texts.jsonl"
# Of the texts, every so many-th one is made into an environment with trajectories.
EACH = 8
# Families that look at what was executed; the others read the conversation.
EXECUTION = ("schema", "result", "effects", "goal")

# An environment and trajectories in it.
Work = tuple[gem_sim.Environment, list[gem_sim.Trajectory]]


def measure(repeat: int = 5) -> dict[str, Any]:
    """Return per set of trajectories the milliseconds a replay takes and a verdict takes, each the median of `repeat`.

    The sets are those of the bundled environments, ToolTalk's dialogues, and `made`: what the offline teacher makes of
    texts. `replay` runs the stubs in this process, `replay_in_worker` in the worker process, which is what
    untrusted environments get, such as all that are made of texts; `execution` are the checks of schema, result,
    effects and goal, `all` every check on conversations judged before, `first` every check on conversations whose
    messages are new to this process. `ratio` is all checks over the replay in this process, `ratio_in_worker` over the
    one in the worker, `ratio_first` the checks of new conversations over the replay in the worker, `ratio_execution`
    the checks of the execution over the replay in this process: below 1, judging is cheaper. The last set has all
    trajectories. Wall-clock time, since the worker is another process.
    """
    with TemporaryDirectory() as folder:
        sets = {name: _sum([_seconds(*work, repeat) for work in works]) for name, works in _sets(Path(folder)).items()}
    sets["all"] = _sum(list(sets.values()))
    return {"repeat": repeat, "sets": [_row(name, seconds) for name, seconds in sets.items()]}


def _sets(folder: Path) -> dict[str, list[Work]]:
    sets = {name: [_work(gem_sim.load_environment(name))] for name in ("frame_shop", "library")}
    for name, works in (("ToolTalk", _tooltalk), ("made", lambda: _made(folder))):
        try:
            sets[name] = works()
        except InputError as error:
            print(f"left out: {error}")
    return sets


def _work(environment: gem_sim.Environment) -> Work:
    return environment, list(gem_sim.read_trajectories(Path(environment.folder or "") / "trajectories.jsonl"))


def _tooltalk() -> list[Work]:
    environment, dialogues = import_module("benchmarks.tooltalk.load").load()
    return [(environment, list(dialogues))]


def _made(folder: Path) -> list[Work]:
    """Return what the offline teacher makes of some of the texts."""
    if not TEXTS.is_file():
        raise InputError("the passages are not there", file=str(TEXTS), cure="put texts.jsonl there")
    texts, workspace = folder / "texts.jsonl", folder / "workspace"
    write_rows(texts, [document.row for document in islice(read_documents([TEXTS]), None, None, EACH)])
    synthesize([texts], workspace, Offline())
    return [_work(gem_sim.load_environment(str(made))) for made in sorted((workspace / "environments").iterdir())]


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
        "ratio_in_worker": round(cost["all"] / cost["replay_in_worker"], 2),
        "ratio_first": round(cost["first"] / cost["replay_in_worker"], 2),
        "ratio": round(cost["all"] / cost["replay"], 2),
    }


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    heads = ("set", "items", "calls", "replay ms", "in worker", "execution", "all checks", "new texts")
    lines = ["".join(f"{head:>13}" for head in (*heads, "all ÷ replay", "÷ in worker", "new ÷ worker"))]
    for row in measured["sets"]:
        cells = [row["set"], row["trajectories"], row["calls"], row["replay_ms"], row["replay_in_worker_ms"]]
        cells += [row["execution_ms"], row["all_ms"], row["first_ms"]]
        cells += [row["ratio"], row["ratio_in_worker"], row["ratio_first"]]
        lines.append("".join(f"{cell!s:>13}" for cell in cells))
    shares = ", ".join(f"{row['set']} {row['ratio_execution']}" for row in measured["sets"])
    lines.append(f"checks of the execution alone (schema, result, effects, goal), over the replay: {shares}")
    return "\n".join(lines)
