"""Print one digest over everything that should be the same on every Python: run in an environment of its own."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import gem_sim
from gem_sim.simulator import bundled_environments

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    """Replay what is bundled, in this process and in a worker, and print the digest of all that comes out."""
    whole = hashlib.sha256()
    for name in bundled_environments():
        for trusted in (True, False):
            environment = gem_sim.load_environment(ROOT / "environments" / name, trusted=trusted)
            whole.update(f"{environment.digest} {[stub.digest for stub in environment.stubs.values()]}".encode())
            for file in ("trajectories.jsonl", "known_bad.jsonl"):
                for trajectory in gem_sim.read_trajectories(ROOT / "environments" / name / file):
                    verdict = gem_sim.verify(gem_sim.replay(trajectory, environment))
                    whole.update(verdict.model_dump_json().encode())
    print(".".join(map(str, sys.version_info[:2])), whole.hexdigest())


if __name__ == "__main__":
    main()
