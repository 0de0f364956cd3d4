"""How large the report of many trajectories is, and how long a browser takes to show it and to filter it."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gem_sim
from gem_sim.canonical import Json
from gem_sim.engine.sight import sight
from gem_sim.report.html import open_report
from gem_sim.verdict import Verdict

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.chromium import chromium

TRAJECTORIES = 10_000
VIEWED = 100_000
_LOOK = """
import json, re, sys, time
from pathlib import Path
from gem_sim import load_environment
from gem_sim.formats.paged import PagedRows
from gem_sim.report.viewer import Viewer, wanted_of
def peak_kb():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before, start = peak_kb(), time.perf_counter()
viewer = Viewer(PagedRows(sys.argv[1:]), None, load_environment("library"))
opened = time.perf_counter()
viewer.rows(wanted_of({"verdict": ["fail"], "from": ["50000"]}))
shown = time.perf_counter()
viewer.rows(wanted_of({"words": ["borrow"]}))
found = time.perf_counter()
memory = peak_kb() - before
print(json.dumps({
    "view_open_seconds": round(opened - start, 1), "view_filter_ms": round(1000 * (shown - opened), 1),
    "view_find_seconds": round(found - shown, 2), "view_memory_mb": round(memory / 1024, 1),
}))
"""
_DIGITS = re.compile(r"\d{3,}")
# Milliseconds until the list shows what a script asks for, as the page itself waits for it.
_TIMED = (
    "(async () => {{ const start = performance.now(); {script}; await last; return performance.now() - start; }})()"
)


def measure(repeat: int = 3) -> dict[str, Any]:
    """Return what a report of 10,000 trajectories costs; times are medians of `repeat` openings.

    The trajectories are the bundled environment `library`'s own, good and known bad, each again and again with other
    digits in its ids, amounts and texts, so that hardly anything is said twice. `file_mb` is the file's size,
    `conversations` how many of the trajectories it holds in full, `write_seconds` the CPU time
    that the page took beside judging.
    `first_paint_ms` is the browser's first contentful paint after it was told to open the file, `ready_ms` when the
    filters work; `filter_ms`, `find_ms` and `open_ms` are from the press to the changed page. The keys that begin with
    `view` are those of 100,000 verdicts in a viewer: `view_memory_mb` is what its process
    grows by (Linux tells it).
    """
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        library = gem_sim.load_environment("library")
        judged = _judged(library)
        start = time.process_time()
        with open_report(page, library) as report:
            for verdict, trace in _many(judged):
                report.add(verdict, trace)
        written = time.process_time() - start
        text = page.read_text()
        runs = [_opened(page) for _ in range(repeat)]
        measured = {name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}
        return {
            "trajectories": TRAJECTORIES,
            "file_mb": round(page.stat().st_size / 1e6, 2),
            "conversations": _held(text),
            "write_seconds": round(written, 1),
            "repeat": repeat,
            **measured,
            **_viewed(Path(folder), judged),
        }


def _judged(library: gem_sim.Environment) -> list[tuple[Verdict, dict[str, Json]]]:
    folder = Path(library.folder or "")
    judged = []
    for name in ("known_bad.jsonl", "trajectories.jsonl"):
        for trajectory in gem_sim.read_trajectories(folder / name):
            replay = gem_sim.replay(trajectory, library)
            verdict = gem_sim.verify(replay)
            judged.append((verdict, sight(replay, verdict)))
    return judged


def _many(judged: list[tuple[Verdict, dict[str, Json]]]) -> Iterator[tuple[Verdict, dict[str, Json]]]:
    dice = random.Random(7)
    texts = [(json.dumps(verdict.model_dump(mode="json")), json.dumps(trace)) for verdict, trace in judged]
    for number in range(TRAJECTORIES):
        verdict, trace = (_varied(text, dice) for text in texts[number % len(texts)])
        named = {**json.loads(verdict), "id": f"trajectory-{number:05}"}
        yield Verdict.model_validate(named), json.loads(trace)


def _varied(text: str, dice: random.Random) -> str:
    """Return JSON with other digits in every number of three digits and more."""
    return _DIGITS.sub(lambda found: "".join(dice.choice("123456789") for _ in found[0]), text)


def _held(text: str) -> int:
    """Return how many conversations a page has packed."""
    pieces = re.findall(r'id="(?:fail|undecided|pass)-\d+">([^<]*)<', text)
    return sum(len(json.loads(gzip.decompress(base64.b64decode(piece)))) for piece in pieces)


def _viewed(folder: Path, judged: list[tuple[Verdict, dict[str, Json]]]) -> dict[str, Any]:
    """Return what looking through verdicts costs that are too many for a page."""
    path = folder / "verdicts.jsonl"
    lines = [verdict.model_dump_json() for verdict, _ in judged]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{lines[number % len(lines)]}\n" for number in range(VIEWED))
    # A process of its own, so that its memory is nobody else's.
    command = [sys.executable, "-c", _LOOK, str(path)]
    told: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {"view_verdicts": VIEWED, "view_mb": round(path.stat().st_size / 1e6, 1), **told}


def _opened(page: Path) -> dict[str, float]:
    with chromium() as browser:
        tab = browser.tab()
        tab.open(page.as_uri())
        tab.wait("document.getElementById('shown').value.includes('listed')")
        ready = tab.run("performance.now()")
        tab.wait("performance.getEntriesByName('first-contentful-paint').length === 1")
        paint = tab.run("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        press = "document.querySelector('[data-verdict=fail]').click()"
        find = "find.value = 'borrow'; find.dispatchEvent(new Event('input'))"
        row = "document.querySelector('.t:last-of-type')"
        opening = f"showAll(); apply(); await last; const row = {row}; await open(row)"
        return {
            "first_paint_ms": paint,
            "ready_ms": ready,
            "filter_ms": tab.run(_TIMED.format(script=press)),
            "find_ms": tab.run(_TIMED.format(script=find)),
            "open_ms": tab.run(_TIMED.format(script=opening)),
        }


def table(measured: dict[str, Any]) -> str:
    """Return the measurement as lines for a person."""
    words = {
        "trajectories": "trajectories",
        "file_mb": "size of the file, MB",
        "conversations": "conversations in it, in full",
        "write_seconds": "written in, s of CPU",
        "first_paint_ms": "first paint, ms",
        "ready_ms": "filters ready, ms",
        "filter_ms": "a filter, ms",
        "find_ms": "a search, ms",
        "open_ms": "a trajectory opened, ms",
        "view_verdicts": "verdicts in a viewer",
        "view_mb": "size of their file, MB",
        "view_open_seconds": "opened in, s",
        "view_filter_ms": "a filter, ms",
        "view_find_seconds": "a search, s",
        "view_memory_mb": "memory for them, MB",
    }
    return "\n".join(f"{words[name]:<32}{measured[name]:>10,}" for name in words)
