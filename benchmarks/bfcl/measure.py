"""BFCL's multi-turn gold calls: replayed and verified here, executed and checked by BFCL, in one run."""

from __future__ import annotations

import gc
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import gem_sim
from gem_sim.adapters import bfcl
from gem_sim.errors import InputError
from gem_sim.simulator.session import open_session
from gem_sim.verifier.verify import checks_of

try:
    from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_checker, multi_turn_utils
except ModuleNotFoundError as error:
    raise SystemExit(f"the package {error.name} is not installed; see benchmarks/README.md") from None


_Split: TypeAlias = Callable[[Sequence[str]], list[list[str]]]

# Schema, result and state: what BFCL checks, and more. The gold data are calls without a conversation around them.
JUDGED = checks_of("schema", "result", "goal")


def measure(repeat: int = 5) -> dict[str, Any]:
    """Return what the replays find and how fast they are beside BFCL's own code.

    `trajectories` and `calls` were replayed and verified; `failed` of the trajectories did not pass, and
    `failed_by_every_check` not with the checks of conversations either; `states_equal` ended, by BFCL's own state
    check, as its executor does. Rates are calls per CPU-second, the median of `repeat` rounds in which ours and
    theirs take turns; `speed_ratio` is over their execute-and-check, `speed_ratio_bare` over their executor alone,
    both given the trajectory as it is, a call in each step; with `whole_turns` all calls of a turn in one step.
    `at_first` counts the first pass, which prepares each task's objects and works out digests too.
    """
    try:
        environment, recordings = bfcl.load()
    except InputError as error:
        raise SystemExit(str(error)) from None
    entries = [recording.entry for recording in recordings]
    found = _findings(recordings, environment)
    rounds: dict[str, Callable[[str], None]] = {
        "ours": lambda run: _ours(recordings, environment),  # noqa: ARG005 - theirs needs the name, ours does not
        "theirs_check": partial(_checking, entries, _steps),
        "theirs_bare": partial(_executing, entries, _steps),
        "theirs_check_whole_turns": partial(_checking, entries, _whole),
        "theirs_bare_whole_turns": partial(_executing, entries, _whole),
    }
    seconds = _seconds(rounds, repeat)
    calls = found["calls"]
    rates = {name: calls / value for name, value in seconds.items()}
    return {
        **found,
        "states_equal": sum(_same_end(environment, recording) for recording in recordings),
        "repeat": repeat,
        **{f"calls_per_second_{name}": round(rate) for name, rate in rates.items()},
        "speed_ratio_whole_turns": round(rates["ours"] / rates["theirs_check_whole_turns"], 2),
        "speed_ratio_bare_whole_turns": round(rates["ours"] / rates["theirs_bare_whole_turns"], 2),
        "speed_ratio": round(rates["ours"] / rates["theirs_check"], 2),
        "speed_ratio_bare": round(rates["ours"] / rates["theirs_bare"], 2),
    }


def _findings(recordings: Sequence[bfcl.Recording], environment: gem_sim.Environment) -> dict[str, Any]:
    """Replay and verify everything once and count what is found."""
    started = time.process_time()
    replays = [gem_sim.replay(recording.trajectory, environment) for recording in recordings]
    verdicts = [gem_sim.verify(replayed, JUDGED) for replayed in replays]
    seconds = time.process_time() - started
    codes = Counter(finding.code for verdict in verdicts for finding in verdict.findings)
    return {
        "trajectories": len(verdicts),
        "calls": sum(verdict.calls for verdict in verdicts),
        "failed": sum(verdict.verdict != "pass" for verdict in verdicts),
        "codes": dict(sorted(codes.items())),
        "calls_per_second_ours_at_first": round(sum(verdict.calls for verdict in verdicts) / seconds),
        "failed_by_every_check": sum(gem_sim.verify(replayed).verdict != "pass" for replayed in replays),
    }


def _same_end(environment: gem_sim.Environment, recording: bfcl.Recording) -> bool:
    """Tell whether BFCL's state check finds our objects as its executor left its own."""
    run = open_session(environment, task=recording.task)
    for placed in recording.trajectory.calls():
        run.call(placed.call)
    ours = dict(zip(recording.entry.row["involved_classes"], run.toolkits, strict=True))
    return bool(multi_turn_checker.state_checker(ours, dict(recording.instances))["valid"])


def _ours(recordings: Sequence[bfcl.Recording], environment: gem_sim.Environment) -> None:
    for recording in recordings:
        gem_sim.verify(gem_sim.replay(recording.trajectory, environment), JUDGED, digest=False)


def _steps(turn: Sequence[str]) -> list[list[str]]:
    """Return the calls of a turn as the trajectories have them: each in a message of its own, one step of BFCL's."""
    return [[call] for call in turn]


def _whole(turn: Sequence[str]) -> list[list[str]]:
    """Return the calls of a turn as one step, which is the cheapest way for BFCL."""
    return [list(turn)] if turn else []


def _executing(entries: Sequence[bfcl.Entry], split: _Split, run: str) -> None:
    """Execute every gold call as BFCL does while a model is answering: step by step."""
    for entry in entries:
        row = entry.row
        for turn in entry.gold:
            for step in split(turn):
                multi_turn_utils.execute_multi_turn_func_call(
                    step, row["initial_config"], row["involved_classes"], run, entry.id, entry.long_context
                )


def _checking(entries: Sequence[bfcl.Entry], split: _Split, run: str) -> None:
    """Execute and check every gold call as BFCL's evaluation does with a model's: against the gold calls."""
    for entry in entries:
        gold = [list(turn) for turn in entry.gold]
        verdict = multi_turn_checker.multi_turn_checker(list(map(split, gold)), gold, dict(entry.row), "", run)
        if not verdict["valid"]:
            raise SystemExit(f"BFCL's own check refuses its gold calls of {entry.id}: {verdict['error_message']}")


def _forget(run: str) -> None:
    """Drop the instances that BFCL keeps in its module, so that the next round starts anew."""
    kept = vars(multi_turn_utils)
    for name in [name for name in kept if name.startswith(run) and name.endswith("_instance")]:
        del kept[name]


def _seconds(rounds: Mapping[str, Callable[[str], None]], repeat: int) -> dict[str, float]:
    """Return the median CPU seconds of each kind of round; the kinds take turns."""
    measured: dict[str, list[float]] = {name: [] for name in rounds}
    for number in range(repeat):
        for name, once in rounds.items():
            run = f"round{number}{name}"
            gc.collect()
            started = time.process_time()
            once(run)
            measured[name].append(time.process_time() - started)
            _forget(run)
    return {name: statistics.median(seconds) for name, seconds in measured.items()}


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    rows = [
        ("trajectories replayed and verified", measured["trajectories"]),
        ("  that do not pass", measured["failed"]),
        *((f"    {code}", number) for code, number in measured["codes"].items()),
        ("  that do not pass every check there is", measured["failed_by_every_check"]),
        ("  that end as BFCL's executor does, by BFCL's state check", measured["states_equal"]),
        ("calls", measured["calls"]),
        (f"calls per CPU-second, median of {measured['repeat']}:", ""),
        ("  replay and verify", measured["calls_per_second_ours"]),
        ("  the first time, each task's objects prepared", measured["calls_per_second_ours_at_first"]),
        ("  BFCL's execute-and-check", measured["calls_per_second_theirs_check"]),
        ("  BFCL's executor alone", measured["calls_per_second_theirs_bare"]),
        ("  BFCL's execute-and-check, whole turns", measured["calls_per_second_theirs_check_whole_turns"]),
        ("  BFCL's executor alone, whole turns", measured["calls_per_second_theirs_bare_whole_turns"]),
        ("ours over execute-and-check, whole turns", measured["speed_ratio_whole_turns"]),
        ("ours over the executor alone, whole turns", measured["speed_ratio_bare_whole_turns"]),
        ("ours over execute-and-check", measured["speed_ratio"]),
        ("ours over the executor alone", measured["speed_ratio_bare"]),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value:>8}" for name, value in rows)
