"""What a verdict costs beside the replay that it judges, by group of checks."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gem_sim
from gem_sim.errors import InputError
from gem_sim.verifier.verify import Check, checks_for, checks_of

TOOLTALK = Path(__file__).resolve().parents[1] / "tooltalk" / "load.py"
# Families that look at what was executed; the others read the conversation.
EXECUTION = ("schema", "result", "effects", "goal")

Work = tuple[gem_sim.Environment, list[gem_sim.Trajectory]]


def measure(repeat: int = 5) -> dict[str, Any]:
    """Return per set of trajectories the milliseconds a replay takes and a verdict takes, each the median of `repeat`.

    `replay` runs the stubs in this process, `replay_in_worker` in the worker process, which is what untrusted
    environments get; `execution` are the checks of schema, result, effects and goal, `all` every check on
    conversations judged before, `first` every check on conversations whose messages are new, as in a run over a file.
    `ratio` is all checks over the replay in this process, `ratio_in_worker` over the one in the worker,
    `ratio_first` the checks of new conversations over the replay in the worker, `ratio_execution` the checks of the
    execution over the replay in this process: below 1, judging is cheaper. Wall-clock time, since the worker is
    another process.
    """
    rows = [{"set": name, **_measured(*work, repeat)} for name, work in _works().items()]
    return {"repeat": repeat, "sets": rows}


def _works() -> dict[str, Work]:
    works: dict[str, Work] = {}
    for name in ("frame_shop", "library"):
        environment = gem_sim.load_environment(name)
        path = Path(environment.folder or "") / "trajectories.jsonl"
        works[name] = (environment, list(gem_sim.read_trajectories(path)))
    try:
        works["ToolTalk"] = _tooltalk()
    except InputError as error:
        print(f"left out: {error}")
    return works


def _tooltalk() -> Work:
    spec = importlib.util.spec_from_file_location("benchmark_tooltalk_load", TOOLTALK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    environment, dialogues = module.load()
    return environment, list(dialogues)


def _measured(environment: gem_sim.Environment, trajectories: list[gem_sim.Trajectory], repeat: int) -> dict[str, Any]:
    here, apart = replace(environment, trusted=True), replace(environment, trusted=False)
    replays = [gem_sim.replay(trajectory, here) for trajectory in trajectories]
    every = checks_for(here)
    execution = checks_of(*EXECUTION)
    work: dict[str, Callable[[], object]] = {
        "replay": lambda: [gem_sim.replay(trajectory, here) for trajectory in trajectories],
        "replay_in_worker": lambda: [gem_sim.replay(trajectory, apart) for trajectory in trajectories],
        "execution": lambda: _judge(replays, execution),
        "all": lambda: _judge(replays, every),
        "first": lambda: _judge(new, every),
    }
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for number in range(repeat + 1):
        new = [gem_sim.replay(_reworded(trajectory, number), here) for trajectory in trajectories]
        for name, run in work.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    # The first round warms up: stubs are compiled, the worker starts.
    cost = {name: statistics.median(rounds[1:]) for name, rounds in seconds.items()}
    return {
        "trajectories": len(trajectories),
        "calls": sum(len(replayed.calls) for replayed in replays),
        **{f"{name}_ms": round(value * 1e3 / len(trajectories), 3) for name, value in cost.items()},
        "ratio_execution": round(cost["execution"] / cost["replay"], 2),
        "ratio_in_worker": round(cost["all"] / cost["replay_in_worker"], 2),
        "ratio_first": round(cost["first"] / cost["replay_in_worker"], 2),
        "ratio": round(cost["all"] / cost["replay"], 2),
    }


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
