"""Fuzz the policy and the sandbox, guided by coverage, and count what got through."""

from __future__ import annotations

import json
import os
import resource
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# A body that takes longer, with the little fuel it is given, does what nothing counts.
PATIENCE_SECONDS = 20.0
MEMORY_BYTES = 3 << 30
FINDINGS = ("escaped", "compiler crashed", "sandbox crashed", "process died", "not deterministic")
MORE_FINDINGS = ("host changed", "state changed in place", "left what is no JSON", "hung")


def measure(seconds: float = 600.0, seed: int = 0) -> dict[str, Any]:
    """Return how many bodies were `tried`, what became of them, and every kind of finding with its number.

    `escapes` counts bodies that reached something outside, `crashes` those that broke the compiler, the sandbox or
    the process; `findings` lists up to fifty bodies with their kind. `edges` is how many pairs of lines of the policy
    and the sandbox were gone through, `pool` how many bodies showed something new. A body that hangs or dies costs
    its process, and another goes on; in use it would have been a worker's.
    """
    until = time.monotonic() + seconds
    counts: Counter[str] = Counter()
    found: list[dict[str, Any]] = []
    edges = pool = processes = 0
    while (left := until - time.monotonic()) > 1:
        processes += 1
        latest: dict[str, Any] = {"counts": {}, "pool": 0, "edges": 0}
        for line in _child_lines(seed + processes, left):
            if "found" in line:
                found.append(line)
            elif "counts" in line:
                latest = line
        counts.update(latest["counts"])
        edges, pool = max(edges, latest["edges"]), max(pool, latest["pool"])
    kinds = Counter(str(line["found"]) for line in found)
    crashes = sum(kinds[kind] for kind in FINDINGS[1:4])
    return {
        "seconds": round(seconds),
        "tried": counts.pop("tried", 0),
        "outcomes": dict(sorted(counts.items())),
        "edges": edges,
        "pool": pool,
        "processes": processes,
        "escapes": kinds["escaped"],
        "crashes": crashes,
        "kinds": {kind: kinds[kind] for kind in (*FINDINGS, *MORE_FINDINGS)},
        "findings": found[:50],
    }


def _child_lines(seed: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Yield what a fuzzing process says, and at the end how it ended if that was not by itself."""
    reader, writer = os.pipe()
    environment = {**os.environ, "PYTHONHASHSEED": str(seed % 1000)}
    command = [sys.executable, str(HERE / "child.py"), str(seed), str(seconds), str(writer)]
    child = subprocess.Popen(
        command,
        pass_fds=[writer],
        env=environment,
        stdin=subprocess.DEVNULL,
        preexec_fn=_limit_memory,  # noqa: PLW1509
    )
    os.close(writer)
    source, text, hung = "", b"", False
    try:
        while True:
            ready, _, _ = select.select([reader], [], [], PATIENCE_SECONDS)
            hung = not ready
            chunk = os.read(reader, 1 << 16) if ready else b""
            if not chunk:
                break
            *lines, text = (text + chunk).split(b"\n")
            for line in map(json.loads, lines):
                source = line.get("try", source)
                yield line
    finally:
        os.close(reader)
        if hung:
            child.kill()
        status = child.wait()
    if hung or status:
        yield {"found": "hung" if hung else "process died", "source": source, "words": f"status {status}"}


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    lines = []
    for item in measured["findings"][:10]:
        lines += [f"{item['found']}: {item['words']}", *(f"    {line}" for line in item["source"].split("\n")), ""]
    rows = [("seconds", measured["seconds"]), ("bodies tried", measured["tried"])]
    rows += [(f"  {outcome}", number) for outcome, number in measured["outcomes"].items()]
    rows += [("pairs of lines covered", measured["edges"]), ("bodies kept", measured["pool"])]
    rows += [("processes", measured["processes"])]
    rows += [(kind, number) for kind, number in measured["kinds"].items()]
    width = max(len(name) for name, _ in rows)
    return "\n".join([*lines, *(f"{name:<{width}}  {number:>9,}" for name, number in rows)])
