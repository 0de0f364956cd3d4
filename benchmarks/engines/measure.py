"""A hundred thousand trajectories verified by the pool and by Ray Data on two cores; and with workers killed."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event, Thread
from types import MappingProxyType
from typing import Any

import gem_sim
from gem_sim.engine import Engine, judge
from gem_sim.engine.run import KEPT_ROWS
from gem_sim.engine.verdicts import judge_into
from gem_sim.environment import Environment
from gem_sim.formats import read_records, read_rows
from gem_sim.formats.rows import dump_json

WORKERS = 2
KILLS = 3
SHOWN = {"local": "pool", "ray": "Ray"}
ENVIRONMENTS = ("library", "frame_shop")
_FILES = 10
_SAMPLE = 1_000
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

Work = tuple[Environment, list[str]]


def measure(trajectories: int = 100_000) -> dict[str, Any]:
    """Return per engine what a trajectory costs, the resident memory of each worker, and whether verdicts are equal.

    The trajectories are the bundled environments' own, good and known-bad, repeated under names of their own.
    `here` is one process without an engine, on a sample; `cpu_ms` is CPU time of all processes that took part, starts
    included, by trajectory, and `overhead_ms` what it is above `here`. `wall_ms` is wall time by trajectory times the
    number of workers. `resident_mb` has for each worker the start, the middle and the end of its work. `killed` is a
    run over a fifth of the files in which three workers are killed at random moments. `digest` is over the sorted
    verdicts. Without Ray, its keys are None.
    """
    with TemporaryDirectory(prefix="gem-sim-engines-") as name:
        folder = Path(name)
        works = _works(folder, trajectories)
        here = _here(works)
        names = ("local", "ray") if find_spec("ray") is not None else ("local",)
        engines: dict[str, Any] = {"local": None, "ray": None}
        for engine in names:
            engines[engine] = _measured(Engine(engine, WORKERS), works, folder / f"out-{engine}", here)
        return {
            "trajectories": trajectories,
            "workers": WORKERS,
            "here_ms": here,
            "engines": engines,
            "equal": len({engines[name]["digest"] for name in names}) == 1,
            "killed_equal": all(engines[name]["killed"]["equal"] for name in names),
        }


def _works(folder: Path, trajectories: int) -> list[Work]:
    """Write the trajectories, each environment's share in files of its own."""
    environments = [gem_sim.load_environment(name) for name in ENVIRONMENTS]
    own = [_own_rows(environment) for environment in environments]
    first = trajectories * len(own[0]) // sum(map(len, own))
    shares = (first, trajectories - first)
    return [
        (environment, _written(folder / environment.name, rows, share))
        for environment, rows, share in zip(environments, own, shares, strict=True)
    ]


def _own_rows(environment: Environment) -> list[dict[str, Any]]:
    folder = Path(str(environment.folder))
    files = (folder / "trajectories.jsonl", folder / "known_bad.jsonl")
    return [dict(row.value) for file in files for row in read_rows(file)]  # type: ignore[call-overload]


def _written(folder: Path, rows: list[dict[str, Any]], number: int) -> list[str]:
    """Write rows again and again, each time under other ids, to files in a folder; return the files."""
    folder.mkdir()
    bodies = [(row["id"], dump_json({**row, "id": None}).replace('"id": null', "", 1)) for row in rows]
    named = ((json.dumps(f"{name}~{place}"), body) for place, (name, body) in enumerate(cycle(bodies)))
    lines = (f'{{"id": {name}{body[1:]}\n' for name, body in named)
    files = []
    for place in range(_FILES):
        path = folder / f"{place}.jsonl"
        with path.open("w", encoding="utf-8") as stream:
            stream.writelines(islice(lines, number // _FILES + (place < number % _FILES)))
        files.append(str(path))
    return files


def _here(works: list[Work]) -> float:
    """Return milliseconds of CPU that reading and judging take in one process, weighted as in the whole."""
    spent, count = 0.0, 0
    for environment, files in works:
        begun = time.process_time()
        # In the mean of the second half: stubs and schemas are compiled in the first.
        for part in range(2):
            begun = time.process_time() if part else begun
            for record in islice(read_records(files[0]), _SAMPLE // 2):
                judge(record, environment)
        size = sum(_lines(file) for file in files)
        spent += (time.process_time() - begun) / min(_SAMPLE // 2, _lines(files[0])) * size
        count += size
    return round(spent / count * 1e3, 3)


def _lines(file: str) -> int:
    with Path(file).open("rb") as stream:
        return sum(1 for _ in stream)


def _measured(engine: Engine, works: list[Work], folder: Path, here: float) -> dict[str, Any]:
    begun, cpu = time.perf_counter(), _cpu_seconds()
    resident: list[dict[str, Any]] = []
    parts: list[str] = []
    count = 0
    reported: dict[int, float] = {}
    with _running(engine):
        for environment, files in works:
            seen: dict[int, list[float]] = {}
            for done, number in judge_into(folder / environment.name, files, environment, engine):
                count += number
                parts.append(done.part)
                reported[done.pid or 0] = done.cpu_seconds
                seen.setdefault(done.pid or 0, []).extend(_resident_mb(done.pid))
            for found in (seen[pid] for pid in sorted(seen) if seen[pid]):
                picked = (found[0], found[len(found) // 2], found[-1])
                resident.append({"environment": environment.name, "shards": len(found), "mb": picked})
        seconds, spent = time.perf_counter() - begun, _cpu_seconds(reported if engine.name == "ray" else {}) - cpu
        killed = _killed(engine, works, folder)
    return {
        "digest": _digest(parts),
        "seconds": round(seconds, 1),
        "wall_ms": round(seconds * WORKERS / count * 1e3, 3),
        "cpu_ms": round(spent / count * 1e3, 3),
        "overhead_ms": round(spent / count * 1e3 - here, 3),
        "resident_mb": resident,
        "killed": killed,
    }


def _running(engine: Engine) -> AbstractContextManager[object]:
    if engine.name != "ray":
        return nullcontext()
    from gem_sim.engine.ray import started

    return started(engine.workers)


def _killed(engine: Engine, works: list[Work], folder: Path) -> dict[str, Any]:
    """Judge the first files once more, kill workers at random moments, and compare with what was written before."""
    environment, files = works[0]
    out = folder / "killed"
    some = files[: max(1, len(files) // 5)]
    killer = Killer(engine, out, sum(_lines(file) for file in some) // KEPT_ROWS)
    killer.start()
    number = sum(number for _, number in judge_into(out, some, environment, engine))
    killer.stop()
    mine = [str(part) for part in out.glob("part-*.jsonl")]
    theirs = sorted((folder / environment.name).glob("part-*.jsonl"))
    before = [line for part in theirs for line in part.read_bytes().splitlines()][:number]
    equal = _digest(mine) == hashlib.sha256(b"\n".join(sorted(before))).hexdigest()
    return {"workers": len(killer.killed), "trajectories": number, "equal": equal}


class Killer(Thread):
    """Kills workers while they are in the middle of a shard, at moments that chance decides."""

    def __init__(self, engine: Engine, folder: Path, shards: int) -> None:
        super().__init__(daemon=True)
        self.killed: list[int] = []
        self._engine = engine
        self._folder = folder
        self._random = Random(11)
        # By how many shards are done, since the machine decides how fast that goes.
        self._due = sorted(self._random.randrange(max(1, shards - WORKERS)) for _ in range(KILLS))
        self._over = Event()

    def run(self) -> None:
        while self._due and not self._over.wait(self._random.uniform(0.01, 0.2)):
            done = len(list(self._folder.glob("part-*")))
            if done < self._due[0] or not list(self._folder.glob("_shards/*.mark")):
                continue
            workers = sorted(set(_workers_of(self._engine)) - set(self.killed))
            if workers:
                pid = self._random.choice(workers)
                os.kill(pid, signal.SIGKILL)
                self.killed.append(pid)
                self._due.pop(0)

    def stop(self) -> None:
        """Wait for it to end."""
        self._over.set()
        self.join()


def _workers_of(engine: Engine) -> Iterator[int]:
    what = b"ray::MapWorker" if engine.name == "ray" else b"spawn_main"
    for pid in _descendants():
        with suppress(OSError):
            if what in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield pid


def _descendants() -> set[int]:
    """Return the processes that this one started, and theirs."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found - {os.getpid()}
        found |= more


def _cpu_seconds(reported: Mapping[int, float] = MappingProxyType({})) -> float:
    """Return the CPU time of this process and all that it started.

    What Ray's workers used is told by none of its processes once they have ended: `reported` is what they said
    themselves, process → seconds.
    """
    waited = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + waited.ru_utime + waited.ru_stime
    alive = _descendants()
    for pid in alive:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:13])) / _TICK
    return total + sum(seconds for pid, seconds in reported.items() if pid not in alive)


def _resident_mb(pid: int | None) -> list[float]:
    """Return the resident memory of a process; nothing if it is gone since it told what it did."""
    try:
        return [round(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6, 1)]
    except OSError:
        return []


def _digest(parts: list[str]) -> str:
    """Return a digest over the verdicts of parts, whatever their order."""
    lines = sorted(line for part in parts for line in Path(part).read_bytes().splitlines())
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    number, workers = measured["trajectories"], measured["workers"]
    lines = [
        f"{number:,} trajectories, {workers} workers; one process without an engine: {measured['here_ms']} ms CPU each",
        f"{'engine':<8}{'seconds':>9}{'wall ms':>9}{'CPU ms':>9}{'overhead ms':>13}   verdicts, sorted",
    ]
    ran = {name: found for name, found in measured["engines"].items() if found is not None}
    for name, found in ran.items():
        cells = f"{found['seconds']:>9}{found['wall_ms']:>9}{found['cpu_ms']:>9}{found['overhead_ms']:>13}"
        lines.append(f"{SHOWN[name]:<8}{cells}   {found['digest'][:16]}")
    lines.append(f"verdicts equal: {'yes' if measured['equal'] else 'NO'}")
    lines.append("resident memory of each worker in MB: start, middle, end")
    for name, found in ran.items():
        for row in found["resident_mb"]:
            start, middle, end = row["mb"]
            place = f"{SHOWN[name]:<8}{row['environment']:<12}{row['shards']:>4} shards"
            lines.append(f"  {place}{start:>9}{middle:>9}{end:>9}")
    for name, found in ran.items():
        killed = found["killed"]
        same = "the same verdicts" if killed["equal"] else "OTHER VERDICTS"
        lines.append(f"{SHOWN[name]}: {killed['workers']} workers killed over {killed['trajectories']:,}: {same}")
    if "ray" not in ran:
        lines.append("left out: ray, which is not installed (pip install 'gem-sim[ray]')")
    return "\n".join(lines)
