"""`gem-sim mutate`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gem_sim.canonical import Json
    from gem_sim.environment import Environment
    from gem_sim.simulator import Replay
    from gem_sim.testing import Judgement
    from gem_sim.testing.scene import Mutation

_SHOWN = 20


def command(
    files: Annotated[list[str], typer.Argument(help="Trajectories that pass; others are skipped with a line.")],
    env: Annotated[str, typer.Option("--env", help="Folder of an environment, or the name of a bundled one.")],
    kinds: Annotated[str | None, typer.Option(help="Kinds of faults, separated by commas; default: all.")] = None,
    seed: Annotated[int, typer.Option(help="Decides what is planted where.")] = 0,
    per_trajectory: Annotated[int, typer.Option(min=1, help="How many of each kind in each trajectory.")] = 4,
    survivors: Annotated[Path | None, typer.Option(help="Write the mutants that survive into this folder.")] = None,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> int:
    """Plant faults in verified trajectories and tell how many of them the checks find."""
    from gem_sim.errors import InputError
    from gem_sim.simulator import load_environment
    from gem_sim.testing import Tally, judgements

    chosen = _kinds(kinds)
    environment = load_environment(env, trusted=trusted or None)
    originals, skipped = _originals(files, environment)
    if not originals:
        raise InputError("no trajectory of the input passes, so there is nothing to plant faults in")
    tally, missed = Tally(), []
    for judgement in judgements(originals, kinds=chosen, seed=seed, most=per_trajectory):
        tally.add(judgement)
        if not judgement.killed:
            missed.append(judgement)
    if not tally.planted:
        raise InputError("no fault of these kinds can be planted in these trajectories", cure="allow more --kinds")
    written = _write(survivors, missed)
    if as_json:
        listed: list[Json] = [_as_json(judgement) for judgement in missed]
        counts = {"trajectories": len(originals), "skipped": skipped, "seed": seed}
        print(json.dumps({**counts, **tally.to_json(), "survivors": listed}, ensure_ascii=False))
    else:
        print(tally.table())
        for judgement in missed[:_SHOWN]:
            print(f"survives  {judgement.mutant.trajectory.id}: {judgement.mutant.planted.what}")
        if len(missed) > _SHOWN:
            print(f"… and {len(missed) - _SHOWN} more")
        if survivors is not None:
            print(f"survivors → {', '.join(map(str, written)) or 'none'}")
    return 1 if missed else 0


def _kinds(names: str | None) -> Sequence[Mutation]:
    from gem_sim.errors import InputError
    from gem_sim.testing import KINDS, MUTATIONS

    if names is None:
        return MUTATIONS
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = next((name for name in wanted if name not in KINDS), None)
    if unknown is not None or not wanted:
        raise InputError(f"there is no kind {unknown or names!r}", cure=f"use some of {', '.join(KINDS)}")
    return [mutation for mutation in MUTATIONS if mutation.__name__ in wanted]


def _originals(files: list[str], environment: Environment) -> tuple[list[Replay], int]:
    """Return the replays of the trajectories that pass, and how many were skipped, each with a line."""
    from gem_sim.errors import StubError
    from gem_sim.formats import read_records
    from gem_sim.simulator import replay
    from gem_sim.verifier import verify

    found, skipped = [], 0
    for file in files:
        for record in read_records(file):
            if record.trajectory is None:
                reason = str(record.error)
            else:
                try:
                    replayed = replay(record.trajectory, environment)
                    verdict = verify(replayed)
                except StubError as error:
                    reason = f"{record.trajectory.id}: {error}"
                else:
                    if verdict.verdict == "pass":
                        found.append(replayed)
                        continue
                    reason = f"{record.trajectory.id}: {verdict}"
            skipped += 1
            print(f"gem-sim: skipped, since it does not pass: {reason}", file=sys.stderr)
    return found, skipped


def _write(folder: Path | None, missed: Sequence[Judgement]) -> list[Path]:
    """Write a file for each kind that has survivors, and return which; the fault stands under `planted` in a row."""
    from gem_sim.formats import write_trajectories

    if folder is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in dict.fromkeys(judgement.mutant.planted.kind for judgement in missed):
        path = folder / f"{kind}.jsonl"
        write_trajectories(path, [j.mutant.trajectory for j in missed if j.mutant.planted.kind == kind])
        written.append(path)
    return written


def _as_json(judgement: Judgement) -> Json:
    planted: dict[str, Json] = judgement.mutant.planted.model_dump(mode="json")
    return {"id": judgement.mutant.trajectory.id, "verdict": judgement.verdict, **planted}
