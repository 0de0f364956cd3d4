"""The escape corpus: every attack is refused, ended by an error, contained by a limit, or comes to nothing.

The attacks run in child processes, many each, so that a hang or a crash is one failing test and not the end of all.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import CASES, ROOT, SHARED
from tests.sandbox.attacks import HARNESSES, OUTCOMES, Attack, read_attack

OURS = sorted((CASES / "escapes").glob("*.py"))
SAMPLES = sorted((SHARED / "attacks").glob("*.py"))
CHILD = ROOT / "tests" / "sandbox" / "attack_child.py"
# Samples that compare structures with exponentially many paths, for which there is no fuel.
SAMPLES_BY_CLOCK = {"res_compare_bomb"}
# What one attack may take at most, many times what it should: past this it hangs.
PATIENCE_SECONDS = 30.0
START_SECONDS = 120.0
# Another hash seed, zone, optimisation, and whatever `odd` sets in the child.
ODD = {"PYTHONHASHSEED": "77", "TZ": "Asia/Kathmandu", "PYTHONOPTIMIZE": "1"}
PLAIN = {"PYTHONHASHSEED": "1", "TZ": "CET-1CEST"}


class Report(NamedTuple):
    """What a child said of one attack."""

    seen: tuple[str, ...]
    problems: tuple[str, ...]
    trace: tuple[str, ...]


def reports(files: list[Path], mode: str, extra: dict[str, str]) -> dict[str, Report]:
    """Run attacks in child processes: a new one after each that hangs or dies."""
    found: dict[str, Report] = {}
    left = [str(file) for file in files]
    with tempfile.TemporaryDirectory() as name:
        while left:
            for line in _child_lines(left, mode, extra, Path(name)):
                if "end" in line:
                    found[line["end"]] = Report(tuple(line["seen"]), tuple(line["problems"]), tuple(line["trace"]))
                    left.remove(line["end"])
                elif "broken" in line:
                    found[line["broken"]] = Report((), (line["how"],), ())
                    left.remove(line["broken"])
    return found


def _child_lines(files: list[str], mode: str, extra: dict[str, str], folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what a child reports, then how it broke off if it did."""
    reader, writer = os.pipe()
    work = Path(tempfile.mkdtemp(dir=folder))
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}, **extra}
    command = [sys.executable, str(CHILD), str(writer), str(work), mode, *files]
    with (folder / "output").open("wb") as output, (folder / "errors").open("wb") as errors:
        child = subprocess.Popen(
            command,
            stdout=output,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            pass_fds=[writer],
            env=environment,
            cwd=ROOT,
        )
    os.close(writer)
    current, text, begun = "", b"", False
    try:
        while True:
            ready, _, _ = select.select([reader], [], [], PATIENCE_SECONDS if begun else START_SECONDS)
            chunk = os.read(reader, 1 << 16) if ready else b""
            if not chunk:
                how = f"hangs: nothing for {PATIENCE_SECONDS} seconds" if not ready else ""
                break
            *lines, text = (text + chunk).split(b"\n")
            for line in map(json.loads, lines):
                current, begun = line.get("start", current if "end" not in line else ""), True
                yield line
    finally:
        os.close(reader)
        child.kill() if child.poll() is None and not _ended(child) else None
        status = child.wait()
    words = (folder / "errors").read_text(errors="replace")[-500:]
    assert begun, f"no attack was begun ({mode}): {words}"
    if current:
        yield {"broken": current, "how": how or f"the process ended with status {status}: {words}"}


def _ended(child: subprocess.Popen[bytes]) -> bool:
    """Give a child that has closed its report a moment to go."""
    until = time.monotonic() + 0.5
    while child.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    return child.poll() is not None


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Report]]:
    """Run every attack in every way it is run, once for all processes that share this test run."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    told = folder / "escapes.json"
    with (folder / "escapes.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(every_run()))
    return {
        way: {file: Report(*map(tuple, report)) for file, report in reports.items()}
        for way, reports in json.loads(told.read_text()).items()
    }


def every_run() -> dict[str, dict[str, Report]]:
    """Run every attack in every way it is run: way → file → report."""
    known = {file: read_attack(file) for file in [*OURS, *SAMPLES]}
    counted = [file for file, attack in known.items() if not is_by_clock(attack)]
    with ThreadPoolExecutor(2) as pool:
        first, second = (pool.submit(reports, part, "plain", PLAIN) for part in (counted[::2], counted[1::2]))
        plain = {**first.result(), **second.result()}
        running = [file for file in counted if plain[str(file)].seen and "compile" not in plain[str(file)].seen]
        worker = pool.submit(reports, running[::-1], "worker", PLAIN)
        clock = pool.submit(reports, [file for file in known if file not in counted], "clock", PLAIN)
        compared = [file for file in counted if known[file].harness == "compare"]
        odd = reports(compared[::-1], "odd", ODD)
        return {"plain": plain, "odd": odd, "worker": worker.result(), "clock": clock.result()}


def is_by_clock(attack: Attack) -> bool:
    """Tell whether nothing counts what an attack does, so that it is run where the clock may stop it."""
    return attack.by_clock or attack.name in SAMPLES_BY_CLOCK


def judge(file: Path, runs: dict[str, dict[str, Report]]) -> None:
    """Assert that an attack came to nothing, wherever it was run, and the same everywhere."""
    attack = read_attack(file)
    found = {way: reports[str(file)] for way, reports in runs.items() if str(file) in reports}
    assert found, "the attack was not run"
    for way, report in found.items():
        assert not report.problems, f"{attack.about} ({way})"
        outcomes = {outcome for outcome in report.seen if not outcome.startswith("(")}
        assert outcomes, "the attack was not run"
        assert outcomes <= attack.safe, f"{attack.about} ({way}): {report.trace}"
    assert len({report.trace for report in found.values()}) == 1, f"{attack.about}: {found}"


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.stem)
def test_attack(file: Path, runs: dict[str, dict[str, Report]]) -> None:
    judge(file, runs)


@pytest.mark.parametrize("file", SAMPLES or [None], ids=lambda file: file.stem if file else "absent")
def test_sample_attack(file: Path | None, request: pytest.FixtureRequest) -> None:
    if file is None:
        pytest.skip("the shared attack samples are not beside the checkout")
    judge(file, request.getfixturevalue("runs"))


def test_the_corpus_is_whole() -> None:
    assert len(OURS) >= 220
    assert not {file.name for file in OURS} & {file.name for file in SAMPLES}
    for file in [*OURS, *SAMPLES]:
        attack = read_attack(file)
        assert {attack.expect, *attack.accept} <= set(OUTCOMES), file
        assert attack.harness in HARNESSES, file


def test_a_child_notices_what_an_attack_does(tmp_path: Path) -> None:
    """The runner itself must see an escape, a hang, a crash, output, and files left behind."""
    harmless = "# expect: ok\n# about: none\ndef tool(state, **kwargs):\n    return {'escaped': False}\n"
    escape = "# expect: runtime\n# about: says so\ndef tool(state, **kwargs):\n    return {'escaped': True}\n"
    for name, text in (("harmless", harmless), ("escape", escape)):
        (tmp_path / f"{name}.py").write_text(text)
    found = reports([tmp_path / "harmless.py", tmp_path / "escape.py"], "plain", PLAIN)
    assert found[str(tmp_path / "harmless.py")] == Report(("ok",), (), found[str(tmp_path / "harmless.py")].trace)
    assert found[str(tmp_path / "escape.py")].problems == ("escaped",)
