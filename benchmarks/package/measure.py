"""What the core install costs: megabytes on disk, and seconds until `gem-sim --help` has answered.

Builds the wheel and installs it, with what it depends on and bytecode as `pip install` leaves it, into a virtual
environment that has nothing else. Needs `uv` (extra `dev`) and a package index.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import Distribution, distributions
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
WANTED_MB, WANTED_SECONDS = 100, 0.3
_SHOWN = 5


def measure(repeat: int = 21) -> dict[str, Any]:
    """Return sizes in MB (10⁶ bytes) and the medians of `repeat` starts in seconds, commands taking turns."""
    with tempfile.TemporaryDirectory() as folder:
        python = _installed(Path(folder))
        found = _sizes(next((python.parent.parent / "lib").glob("python*/site-packages")))
        commands = {"help": [str(python.parent / "gem-sim"), "--help"], "pass": [str(python), "-c", "pass"]}
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(repeat + 1):
            for name, command in commands.items():
                taken[name].append(_run(command))
    # The first start of each reads its files from the disk, so it does not count.
    wall = {name: median(seconds for seconds, _ in runs[1:]) for name, runs in taken.items()}
    cpu = {name: median(seconds for _, seconds in runs[1:]) for name, runs in taken.items()}
    return {
        **found,
        "runs": repeat,
        "help_seconds": round(wall["help"], 4),
        "pass_seconds": round(wall["pass"], 4),
        "over_seconds": round(wall["help"] - wall["pass"], 4),
        "ratio": round(wall["help"] / wall["pass"], 2),
        "over_cpu_seconds": round(cpu["help"] - cpu["pass"], 4),
    }


def _installed(folder: Path) -> Path:
    """Build the wheel, install it into a new environment below `folder`, and return that environment's Python."""
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise SystemExit("benchmarks/package: there is no uv; install the extra `dev`")
    python = folder / "venv" / "bin" / "python"
    _must([uv, "build", "-q", "--wheel", "--out-dir", str(folder), str(ROOT)])
    _must([uv, "venv", "-q", "--python", sys.executable, str(folder / "venv")])
    (wheel,) = folder.glob("*.whl")
    _must([uv, "pip", "install", "-q", "--compile-bytecode", "--python", str(python), str(wheel)])
    return python


def _must(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"benchmarks/package: {' '.join(command[:3])} failed: {done.stderr.strip()[-500:]}")


def _sizes(packages: Path) -> dict[str, Any]:
    """Return the size of the folder, and of its largest distributions, in MB."""
    sizes = {found.name: _size(found) / 1e6 for found in distributions(path=[str(packages)])}
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:_SHOWN]
    total = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file()) / 1e6
    return {
        "mb": round(total, 1),
        "packages": len(sizes),
        "largest": [{"name": name, "mb": round(sizes[name], 1)} for name in largest],
    }


def _size(found: Distribution) -> int:
    """Return the bytes of a distribution's files and of their bytecode."""
    places = {Path(str(found.locate_file(file))) for file in found.files or ()}
    places |= {
        made
        for place in places
        if place.suffix == ".py"
        for made in place.parent.glob(f"__pycache__/{place.stem}.*.pyc")
    }
    return sum(place.stat().st_size for place in places if place.is_file())


def _run(command: list[str]) -> tuple[float, float]:
    """Run a command and return its seconds on the wall and of CPU time."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"benchmarks/package: {command[0]} ended with status {process.returncode}")
    return wall, used.ru_utime + used.ru_stime


def table(measured: dict[str, Any]) -> str:
    """Return the figures as lines for a person."""
    lines = [f"core install     {measured['mb']:>7} MB in {measured['packages']} packages (wanted: below {WANTED_MB})"]
    lines += [f"  {entry['name']:<20}{entry['mb']:>6} MB" for entry in measured["largest"]]
    lines += [
        f"gem-sim --help   {measured['help_seconds']:>7.3f} s, median of {measured['runs']} starts",
        f"python -c pass   {measured['pass_seconds']:>7.3f} s",
        f"over             {measured['over_seconds']:>7.3f} s (wanted: below {WANTED_SECONDS})",
        f"over, CPU time   {measured['over_cpu_seconds']:>7.3f} s",
        f"ratio            {measured['ratio']:>7.1f}",
    ]
    return "\n".join(lines)
