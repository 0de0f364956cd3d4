"""Ray Data beside the engine of this process: the same verdicts, also with workers killed and items that kill them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import sleep

import pytest

from gem_sim import load_environment
from gem_sim.engine import Engine
from tests.conftest import CASES
from tests.engine.rings import FATAL, left_in, lines_in, ring, rings, verdicts, write

ray = pytest.importorskip("ray", reason="the extra ray is not installed: pip install 'gem-sim[ray]'")

HERE, RAY = Engine("local", 1), Engine("ray", 2)


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[None]:
    """One Ray for all tests; the engine uses a Ray that runs."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, object_store_memory=100 << 20, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


class Killer(Thread):
    """Kills two workers of Ray while they are in the middle of shards."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.killed: set[int] = set()

    def run(self) -> None:
        while len(self.killed) < 2 and len(list(self.folder.glob("part-*"))) < 8:
            sleep(0.02)
            if list(self.folder.glob("_shards/*.mark")):
                for pid in ray_workers() - self.killed:
                    os.kill(pid, signal.SIGKILL)
                    self.killed.add(pid)
                    break


def ray_workers() -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if path.read_bytes().startswith(b"ray::MapWorker"):
                found.add(int(path.parent.name))
    return found


def test_ray_gives_the_lines_of_this_process_whatever_kills_its_workers(tmp_path: Path) -> None:
    lines = rings(200)
    path = write(tmp_path / "t.jsonl", lines)
    alone = verdicts([path], HERE)
    lines[150] = ring("r150", FATAL)
    write(tmp_path / "t.jsonl", lines)
    out = tmp_path / "out"
    killer = Killer(out)
    killer.start()
    left_in(out, [path], RAY)
    killer.join()
    found = lines_in(out)
    assert killer.killed
    poisoned = json.loads(found[150])
    assert (poisoned["id"], poisoned["verdict"]) == ("r150", "undecided")
    assert [finding["code"] for finding in poisoned["findings"]] == ["replay.worker_lost"]
    assert found[:150] + found[151:] == alone[:150] + alone[151:]
    shards = len(list(out.glob("part-*")))
    assert left_in(out, [path], RAY)[1] == shards


def test_untrusted_bodies_run_behind_their_walls_in_ray(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", rings(40))
    untrusted = load_environment(CASES / "environments" / "deadly", trusted=False)
    found = verdicts([path], RAY, environment=untrusted)
    assert found == verdicts([path], HERE, environment=untrusted)
    assert len(found) == 40
