"""`python -m benchmarks.verify.cold SET FOLDER`: replay and judge a set once in a process that has done neither."""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.verify.works import in_turn, works
from gem_sim.verifier.verify import checks_for


def seconds(name: str, folder: Path) -> dict[str, float]:
    """Return the seconds that the replays in a worker take, and the verdicts.

    Stubs are compiled, the worker is started, and nothing is kept from before; only the modules are imported, and the
    trajectories read.
    """
    taken = {"replay": 0.0, "verdict": 0.0}
    read = list(works(name, folder))
    # What imports left behind is the cost of neither.
    gc.collect()
    for environment, trajectories in read:
        apart = replace(environment, trusted=False)
        replayed, judged, _ = in_turn(trajectories, apart, checks_for(apart))
        taken["replay"] += replayed
        taken["verdict"] += judged
    return taken


if __name__ == "__main__":
    print(json.dumps(seconds(sys.argv[1], Path(sys.argv[2]))))
