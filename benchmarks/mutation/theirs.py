"""BFCL's gold trajectories with faults planted in them, judged by the checks here and by BFCL's own checker.

BFCL's checker executes a model's calls and compares the states and the answers with those of the gold calls; it sees
neither recorded answers nor words, so faults in these are out of its reach by design.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import gem_sim
from gem_sim.adapters import bfcl
from gem_sim.testing import MUTATIONS, Tally, judgements
from gem_sim.testing.scene import Mutation
from gem_sim.tool import ToolCall
from gem_sim.trajectory import Trajectory

# Every so many-th of the verified trajectories is taken.
_EVERY = 8
_MOST = 2


def measure(every: int = _EVERY, most: int = _MOST) -> dict[str, Any]:
    """Return how many of the same mutants either finds.

    `trajectories` were mutated, of the `verified` that pass every check; `killed` is what the checks here find,
    `bfcl_killed` what BFCL's checker finds, each with its rate, in all and by kind; the rates `on_calls` leave out
    the kinds that change no call.

    Raises:
        InputError: If BFCL's data cannot be read.
    """
    from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_checker

    environment, recordings = bfcl.load()
    entries = {recording.entry.id: recording.entry for recording in recordings}
    replays = [gem_sim.replay(recording.trajectory, environment) for recording in recordings]
    verified = [replayed for replayed in replays if gem_sim.verify(replayed).verdict == "pass"]
    chosen = verified[::every]
    tally, theirs, neither, only = Tally(), Counter[str](), 0, 0
    for number, judgement in enumerate(judgements(chosen, most=most)):
        mutant = judgement.mutant
        entry = entries[mutant.trajectory.id.partition("#")[0]]
        gold = [list(turn) for turn in entry.gold]
        answers = turns_of(mutant.trajectory)
        verdict = multi_turn_checker.multi_turn_checker(answers, gold, dict(entry.row), "", f"mutant{number}")
        _forget(f"mutant{number}")
        tally.add(judgement)
        found = not verdict["valid"]
        theirs[mutant.planted.kind] += found
        neither += not found and not judgement.killed
        only += found and not judgement.killed
    counts = tally.to_json()
    kinds: Any = counts["kinds"]
    for kind, row in kinds.items():
        row["bfcl_killed"] = theirs[kind]
        row["bfcl_kill_rate"] = round(theirs[kind] / row["planted"], 4)
    on_calls = [
        kinds[mutation.__name__] for mutation in MUTATIONS if _edits_calls(mutation) and mutation.__name__ in kinds
    ]
    return {
        "trajectories": len(chosen),
        "verified": len(verified),
        **counts,
        "bfcl_killed": theirs.total(),
        "bfcl_kill_rate": round(theirs.total() / max(1, tally.planted.total()), 4),
        "kill_rate_on_calls": _rate(on_calls, "killed"),
        "bfcl_kill_rate_on_calls": _rate(on_calls, "bfcl_killed"),
        "found_by_neither": neither,
        "found_by_bfcl_only": only,
    }


def _edits_calls(mutation: Mutation) -> bool:
    return mutation.__module__.endswith(".calls")


def _rate(rows: Sequence[dict[str, Any]], key: str) -> float:
    planted = sum(row["planted"] for row in rows)
    return round(sum(row[key] for row in rows) / planted, 4) if planted else 0.0


def turns_of(trajectory: Trajectory) -> list[list[list[str]]]:
    """Return the calls as BFCL's checker takes a model's: user turn → message → calls written as Python."""
    turns: list[list[list[str]]] = []
    for message in trajectory.messages:
        if message.role == "user":
            turns.append([])
        elif message.tool_calls and turns:
            turns[-1].append([written(call) for call in message.tool_calls])
    return turns


def written(call: ToolCall) -> str:
    """Return a call as Python."""
    return f"{call.tool}({', '.join(f'{name}={value!r}' for name, value in call.arguments.items())})"


def _forget(run: str) -> None:
    """Drop the instances that BFCL keeps in its module for a run."""
    from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_utils

    kept = vars(multi_turn_utils)
    for name in [name for name in kept if name.startswith(run) and name.endswith("_instance")]:
        del kept[name]
