"""τ²-bench's gold actions: replayed and verified here, run and compared at the end by inspect-evals, in one run."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gem_sim
from gem_sim.adapters import tau2, tau2_telecom
from gem_sim.errors import InputError
from gem_sim.verifier.verify import checks_of

# Schema, result and state; the gold data are calls without a conversation around them.
JUDGED = checks_of("schema", "result", "goal")


class _Loaded(NamedTuple):
    environment: gem_sim.Environment
    recordings: list[tau2.Recording]
    domain: tau2.Domain


def measure(repeat: int = 5) -> dict[str, Any]:
    """Return which gold calls fail, and how fast replays are beside inspect-evals' own environment.

    Per domain: `trajectories`, `calls`, `failed` (trajectories that do not pass), `failing_calls` (gold calls that
    their tools and ours refuse) by task id, `states_equal` (ends whose database has the hash of theirs; telecom's are
    compared row by row, as all are). Rates are trajectories per CPU-second over retail and airline. Theirs sets up its
    environment, makes the calls and compares the hash of the end, *fresh* from the file or from a *cached* database
    copied for each trajectory; each of the `repeat` rounds takes every `repeat`-th trajectory, so that together they
    take all, while ours takes all each time. The median counts.
    """
    try:
        domains = {name: _Loaded(*tau2.load(name)) for name in tau2.DOMAINS}
        telecom, telecom_recordings = tau2_telecom.load()
    except InputError as error:
        raise SystemExit(str(error)) from None
    measured: dict[str, Any] = {}
    for name, loaded in domains.items():
        found = _findings(loaded.recordings, loaded.environment)
        measured |= {f"{name}_{key}": value for key, value in found.items()}
    found = _findings(telecom_recordings, telecom)
    measured |= {f"telecom_{key}": value for key, value in found.items()}
    rates = _rates(list(domains.values()), repeat, measured)
    measured["repeat"] = repeat
    for name, rate in rates.items():
        measured[f"trajectories_per_second_{name}"] = round(rate, 1)
    measured["speed_ratio_fresh"] = round(rates["ours"] / rates["theirs_fresh"], 1)
    measured["speed_ratio_cached"] = round(rates["ours"] / rates["theirs_cached"], 1)
    return measured


def _findings(recordings: Sequence[tau2.Recording], environment: gem_sim.Environment) -> dict[str, Any]:
    """Replay and verify every trajectory of a domain once and count what is found."""
    replays = [gem_sim.replay(recording.trajectory, environment) for recording in recordings]
    failing: dict[str, int] = {}
    for replayed in replays:
        refused = sum(call.result.is_error for call in replayed.calls)
        if refused:
            failing[str(replayed.trajectory.task)] = refused
    return {
        "trajectories": len(replays),
        "calls": sum(len(replayed.calls) for replayed in replays),
        "failed": sum(gem_sim.verify(replayed, JUDGED).verdict != "pass" for replayed in replays),
        "failed_by_every_check": sum(gem_sim.verify(replayed).verdict != "pass" for replayed in replays),
        "failing_calls": sum(failing.values()),
        "failing_tasks": failing,
    }


def _ours(loaded: Sequence[_Loaded]) -> int:
    for environment, recordings, _ in loaded:
        for recording in recordings:
            gem_sim.verify(gem_sim.replay(recording.trajectory, environment), JUDGED, digest=False)
    return sum(len(item.recordings) for item in loaded)


def _theirs(toolkit: Any, recording: tau2.Recording) -> str:
    """Make the gold calls on a toolkit of theirs and return the hash of the end, by which they compare."""
    for action in recording.actions:
        tau2.perform(toolkit, action)
    return str(toolkit.db.get_hash())


def _rates(loaded: Sequence[_Loaded], repeat: int, measured: dict[str, Any]) -> dict[str, float]:
    """Return the median trajectories per CPU-second of each way; counts the equal ends into `measured`."""
    rates: dict[str, list[float]] = {"ours": [], "theirs_fresh": [], "theirs_cached": []}
    for item in loaded:
        measured[f"{item.domain.name}_states_equal"] = 0
    for number in range(repeat):
        rates["ours"].append(_rate(lambda: _ours(loaded)))
        for way in ("fresh", "cached"):
            hashes: dict[tuple[str, str], str] = {}
            rates[f"theirs_{way}"].append(_rate(lambda: _round(loaded, number, repeat, way, hashes)))  # noqa: B023
        for item in loaded:
            equal = sum(
                hashes[item.domain.name, recording.task.id] == _our_hash(item, recording)
                for recording in item.recordings[number::repeat]
            )
            measured[f"{item.domain.name}_states_equal"] += equal
    return {name: statistics.median(values) for name, values in rates.items()}


def _round(loaded: Sequence[_Loaded], number: int, repeat: int, way: str, hashes: dict[tuple[str, str], str]) -> int:
    """Run one round of theirs; notes the hashes of the ends, returns the number of trajectories."""
    for item in loaded:
        set_up: Callable[[], Any] = item.domain.fresh if way == "fresh" else item.domain.copied
        for recording in item.recordings[number::repeat]:
            hashes[item.domain.name, recording.task.id] = _theirs(set_up(), recording)
    return len(hashes)


def _our_hash(item: _Loaded, recording: tau2.Recording) -> str:
    """Return the hash that their database has with the rows of our end."""
    end = gem_sim.replay(recording.trajectory, item.environment).end
    return str(type(item.domain.database).model_validate(end.to_json()).get_hash())


def _rate(once: Callable[[], int]) -> float:
    gc.collect()
    started = time.process_time()
    number = once()
    return number / (time.process_time() - started)


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    rows: list[tuple[str, object]] = []
    for name in (*tau2.DOMAINS, "telecom"):
        rows += [
            (f"{name}: trajectories replayed and verified", measured[f"{name}_trajectories"]),
            ("  that do not pass", measured[f"{name}_failed"]),
            ("  that do not pass every check there is", measured[f"{name}_failed_by_every_check"]),
        ]
        if name in tau2.DOMAINS:
            rows.append(("  that end with the hash of inspect-evals' database", measured[f"{name}_states_equal"]))
        rows += [
            ("  gold calls", measured[f"{name}_calls"]),
            ("  gold calls that fail, there and here", measured[f"{name}_failing_calls"]),
        ]
        rows += [(f"    in task {task}", number) for task, number in measured[f"{name}_failing_tasks"].items()]
    rows += [
        (f"trajectories per CPU-second, median of {measured['repeat']}:", ""),
        ("  replay and verify", measured["trajectories_per_second_ours"]),
        ("  inspect-evals, database loaded fresh", measured["trajectories_per_second_theirs_fresh"]),
        ("  inspect-evals, database cached and copied", measured["trajectories_per_second_theirs_cached"]),
        ("ours over fresh", measured["speed_ratio_fresh"]),
        ("ours over cached", measured["speed_ratio_cached"]),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value!s:>8}" for name, value in rows)
