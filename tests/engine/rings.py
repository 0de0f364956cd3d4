"""Trajectories for the engine's tests: short conversations with a bell, and what an engine makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gem_sim import load_environment
from gem_sim.engine import Engine
from gem_sim.engine.verdicts import Tally, judge_all, judge_into, verdict_line
from gem_sim.environment import Environment
from tests.conftest import CASES

FATAL, STARVING = 13, 14


def bell() -> Environment:
    """Return the environment whose own checks kill their process on `FATAL` rings."""
    return load_environment(CASES / "environments" / "deadly", trusted=True)


def ring(name: str, times: int, *, answer: int | None = None) -> str:
    """Return a line with a trajectory that rings the bell; another answer than `times` is a false one."""
    rung = json.dumps({"rung": times if answer is None else answer})
    call = {"id": "c1", "function": {"name": "ring", "arguments": json.dumps({"times": times})}}
    messages = [
        {"role": "user", "content": f"Ring {times} times."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": rung},
        {"role": "assistant", "content": "It rang."},
    ]
    return json.dumps({"id": name, "messages": messages})


def rings(number: int) -> list[str]:
    """Return lines of which each seventh is false, and each eleventh is no JSON."""
    lines = [ring(f"r{n}", n % 9 + 1, answer=0 if n % 7 == 3 else None) for n in range(number)]
    return [line[:40] if n % 11 == 5 else line for n, line in enumerate(lines)]


def write(path: Path, lines: Iterable[str]) -> str:
    """Write lines to a file and return its name."""
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def verdicts(files: list[str], engine: Engine, rows: int = 16, environment: Environment | None = None) -> list[str]:
    """Return the verdict lines of an engine, in the order in which they came."""
    where = bell() if environment is None else environment
    return [verdict_line(judged.verdict) for _, _, judged in judge_all(files, where, engine, rows=rows)]


def left_in(folder: Path, files: list[str], engine: Engine, rows: int = 16) -> tuple[dict[str, Any], int]:
    """Leave shards in a folder; return their totals, and how many shards an earlier run had done."""
    tally, again = Tally(), 0
    for done, _ in judge_into(folder, files, bell(), engine, rows=rows):
        tally.merge(done.summary)
        again += done.pid is None
    return tally.row(), again


def lines_in(folder: Path) -> list[str]:
    """Return the lines of the shards in a folder, in the order of their names."""
    return [line for part in sorted(folder.glob("part-*.jsonl")) for line in part.read_text().splitlines()]
