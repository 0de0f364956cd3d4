"""`python -m benchmarks.verify.cold SET FOLDER`: replay and judge a set once in a process that has done neither."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import gem_sim
from benchmarks.verify.works import works
from gem_sim.verifier.verify import checks_for


def seconds(name: str, folder: Path) -> dict[str, float]:
    """Return the seconds that the replays in a worker take, and the verdicts.

    Stubs are compiled, the worker is started, and nothing is kept from before; only the modules are imported, and the
    trajectories read.
    """
    taken = {"replay": 0.0, "judge": 0.0}
    for environment, trajectories in list(works(name, folder)):
        apart = replace(environment, trusted=False)
        started = time.perf_counter()
        replays = [gem_sim.replay(trajectory, apart) for trajectory in trajectories]
        replayed = time.perf_counter()
        for each in replays:
            gem_sim.verify(each, checks_for(apart))
        taken["replay"] += replayed - started
        taken["judge"] += time.perf_counter() - replayed
    return taken


if __name__ == "__main__":
    print(json.dumps(seconds(sys.argv[1], Path(sys.argv[2]))))
