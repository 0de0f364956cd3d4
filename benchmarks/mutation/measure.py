"""Faults of every kind planted in verified trajectories: how many the checks find, and BFCL's checker beside them."""

from __future__ import annotations

import sys
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import gem_sim
from gem_sim.errors import InputError
from gem_sim.formats import read_trajectories
from gem_sim.simulator import Replay, bundled_environments
from gem_sim.testing import Tally, judgements

HERE = Path(__file__).resolve().parent
_SHOWN = 40


def measure(per_trajectory: int = 4, seeds: int = 3) -> dict[str, Any]:
    """Return how many planted faults are found, and how many trajectories without one are suspected.

    Over the bundled environments, `seeds` drawings of up to `per_trajectory` mutants of each kind in each trajectory:
    `kill_rate` of all mutants, `lowest_kind` the lowest rate of a kind; `false_alarms` are trajectories as they came
    that do not pass; `kinds` has the counts by kind, `environments` by environment, `survivors` what was not found.
    `bfcl` is None where BFCL is not installed; see `theirs.py`.
    """
    tally, survivors, alarms, number = Tally(), [], [], 0
    environments: dict[str, Any] = {}
    for name in bundled_environments():
        originals, suspected = _verified(name)
        alarms += suspected
        number += len(originals) + len(suspected)
        own = Tally()
        for seed in range(seeds):
            for judgement in judgements(originals, seed=seed, most=per_trajectory):
                tally.add(judgement)
                own.add(judgement)
                if not judgement.killed:
                    planted = judgement.mutant.planted
                    survivors.append(f"seed {seed}: {judgement.mutant.trajectory.id}: {planted.what}")
        environments[name] = {"kill_rate": round(own.rate(), 4), "lowest_kind": round(own.lowest(), 4)}
    return {
        "trajectories": number,
        "false_alarms": len(alarms),
        "alarms": alarms,
        **tally.to_json(),
        "environments": environments,
        "seeds": seeds,
        "per_trajectory": per_trajectory,
        "survivors": survivors,
        "bfcl": _bfcl(),
    }


def _verified(name: str) -> tuple[list[Replay], list[str]]:
    """Return the replays of an environment's trajectories that pass, and the ids of those that do not."""
    environment = gem_sim.load_environment(name)
    path = Path(environment.folder or ".") / "trajectories.jsonl"
    found, suspected = [], []
    for trajectory in read_trajectories(path):
        replayed = gem_sim.replay(trajectory, environment)
        if gem_sim.verify(replayed).verdict == "pass":
            found.append(replayed)
        else:
            suspected.append(trajectory.id)
    return found, suspected


def _bfcl() -> dict[str, Any] | None:
    if find_spec("bfcl_eval") is None:
        return None
    try:
        measured: dict[str, Any] = _theirs().measure()
    except InputError as error:
        print(f"BFCL is left out: {error}", file=sys.stderr)
        return None
    return measured


def _theirs() -> ModuleType:
    return import_module("benchmarks.mutation.theirs")


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    lines = [f"survives: {what}" for what in measured["survivors"][:_SHOWN]]
    hidden = len(measured["survivors"]) - _SHOWN
    lines += [f"… and {hidden} more"] if hidden > 0 else []
    lines += ["", _kinds(measured["kinds"], measured)]
    for name, rates in measured["environments"].items():
        lines.append(f"{name}: {rates['kill_rate']:.1%} found, {rates['lowest_kind']:.1%} of the lowest kind")
    lines.append(f"trajectories as they came: {measured['trajectories']}, false alarms: {measured['false_alarms']}")
    theirs = measured["bfcl"]
    if theirs is None:
        return "\n".join([*lines, "", "BFCL is not installed, so its gold trajectories were left out"])
    lines += ["", f"BFCL's gold trajectories, {theirs['trajectories']} of them, the same mutants:"]
    lines.append(_kinds(theirs["kinds"], theirs))
    lines.append(
        f"found by neither: {theirs['found_by_neither']}, by BFCL's checker only: {theirs['found_by_bfcl_only']}"
    )
    return "\n".join(lines)


def _kinds(kinds: dict[str, Any], whole: dict[str, Any]) -> str:
    beside = "bfcl_killed" in whole
    families: Counter[str] = Counter()
    for counts in kinds.values():
        families.update(counts["families"])
    names = [family for family, _ in families.most_common()]
    rows = [["kind", "planted", "found", "rate", *(["BFCL's"] if beside else []), *names]]
    for kind, counts in [*kinds.items(), ("all", {**whole, "families": families})]:
        row = [kind, counts.get("planted", counts.get("mutants")), counts["killed"], f"{counts['kill_rate']:.1%}"]
        row += [f"{counts['bfcl_kill_rate']:.1%}"] if beside else []
        rows.append([str(cell) for cell in [*row, *(counts["families"].get(name, "") for name in names)]])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    )
