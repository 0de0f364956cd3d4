"""Steps per second on each surface beside OpenEnv's own echo environment, idle sessions, a thousand at once."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import gem_sim
from gem_sim.adapters.gymnasium import ToolEnv

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEER = ROOT / ".venv-openenv" / "bin" / "python"
NAME, TASK = "frame_shop", "exhibition-frame"
STEPS = 1_000
IDLE = 2_000
SESSIONS, CALLS_EACH = 1_000, 10

SIZE = {"frame_width": 50, "frame_height": 70, "glass_type": "non-glare"}
ORDER = {"user_id": "USR_789456", "frame_style": "modern", **SIZE}
# What an agent does to order a frame: it reads, works out, and writes once.
EPISODE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("authenticate_user", {"email": "sarah.jenkins@email.com"}),
    ("get_user_profile", {"user_id": "USR_789456"}),
    ("check_size_constraints", SIZE),
    ("get_custom_pricing", {**SIZE, "frame_style": "modern"}),
    ("place_custom_order", ORDER),
)


class Round(NamedTuple):
    """What so many steps took: seconds on the wall, and of CPU time in all processes that had a part in it."""

    wall: float
    cpu: float


def measure(repeat: int = 5) -> dict[str, Any]:
    """Return steps per second (medians of `repeat` rounds, surfaces taking turns), kilobytes, and the crowd."""
    with served() as (port, pid), peer() as ask:
        timed: dict[str, Callable[[], Round]] = {"in_process": in_process, "http": lambda: over_http(port, pid)}
        if ask is not None:
            timed |= {"openenv": lambda: ask("own"), "openenv_lean": lambda: ask("lean")}
        for once in timed.values():
            once()
        rounds: dict[str, list[Round]] = {name: [] for name in timed}
        for _ in range(max(repeat, 1)):
            for name, once in timed.items():
                rounds[name].append(once())
        idle = idle_kilobytes(port, pid)
        crowd = asyncio.run(a_crowd(port))
    wall = {name: round(STEPS / statistics.median(one.wall for one in found), 1) for name, found in rounds.items()}
    cpu = {name: round(STEPS / statistics.median(one.cpu for one in found), 1) for name, found in rounds.items()}
    return {
        "rounds": repeat,
        "steps_per_second": wall,
        "steps_per_cpu_second": cpu,
        "ratios": {"wall": ratios(wall), "cpu": ratios(cpu)},
        "idle_session_kilobytes": idle,
        "crowd": crowd,
    }


def ratios(steps: dict[str, float]) -> dict[str, float | None]:
    """Return ours over OpenEnv's, with its own client and with the lean one; None without OpenEnv."""
    return {
        f"{ours}_over_{theirs}": round(steps[ours] / steps[theirs], 2) if theirs in steps else None
        for ours in ("in_process", "http")
        for theirs in ("openenv", "openenv_lean")
    }


def in_process() -> Round:
    """Time steps of the Gymnasium environment, resets in between."""
    env = ToolEnv(NAME, TASK, max_calls=len(EPISODE) + 1)
    actions = [json.dumps({"name": name, "arguments": arguments}) for name, arguments in EPISODE]
    env.reset(seed=1)
    started, cpu = time.perf_counter(), time.process_time()
    for _ in range(STEPS // len(actions)):
        for action in actions:
            env.step(action)
        env.reset()
    return Round(time.perf_counter() - started, time.process_time() - cpu)


def over_http(port: int, pid: int) -> Round:
    """Time calls over HTTP, sessions started and ended in between."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    started, cpu = time.perf_counter(), time.process_time() + cpu_seconds(pid)
    for _ in range(STEPS // len(EPISODE)):
        id_ = ask(client, "POST", "/sessions", {"task": TASK})["id"]
        for name, arguments in EPISODE:
            ask(client, "POST", f"/sessions/{id_}/call", {"tool": name, "arguments": arguments})
        ask(client, "DELETE", f"/sessions/{id_}")
    spent = Round(time.perf_counter() - started, time.process_time() + cpu_seconds(pid) - cpu)
    client.close()
    return spent


def ask(client: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> Any:
    """Return the content of an answer; anything but success ends the benchmark."""
    client.request(method, path, None if body is None else json.dumps(body))
    answer = client.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {content[:200]!r}")
    return json.loads(content) if content else None


def idle_kilobytes(port: int, pid: int) -> float:
    """Return what the server grows by for a session that has made an episode's calls and then waits."""
    client = http.client.HTTPConnection("127.0.0.1", port)

    def fill(number: int) -> list[str]:
        ids = []
        for _ in range(number):
            ids.append(ask(client, "POST", "/sessions", {"task": TASK})["id"])
            for name, arguments in EPISODE:
                ask(client, "POST", f"/sessions/{ids[-1]}/call", {"tool": name, "arguments": arguments})
        return ids

    # The first ones fill what is there anyway: caches, the allocator's arenas.
    ids = fill(IDLE // 10)
    before = resident_kilobytes(pid)
    ids += fill(IDLE)
    grown = (resident_kilobytes(pid) - before) / IDLE
    for id_ in ids:
        ask(client, "DELETE", f"/sessions/{id_}")
    client.close()
    return round(grown, 2)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kilobytes(pid: int) -> int:
    """Return what a process has in memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


async def a_crowd(port: int) -> dict[str, Any]:
    """Let many clients, a connection and a session each, call at the same time; compare every end with ours."""
    session = gem_sim.Session(gem_sim.load_environment(NAME), task=TASK)
    turns = [EPISODE[number % len(EPISODE)] for number in range(CALLS_EACH)]
    for number, (name, arguments) in enumerate(turns):
        session.call(gem_sim.ToolCall(id=str(number), tool=name, arguments=arguments))
    gate, waits, faults = asyncio.Event(), [], []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            id_ = (await send(reader, writer, "POST", "/sessions", {"task": TASK}))["id"]
            await gate.wait()
            for name, arguments in turns:
                asked = time.perf_counter()
                await send(reader, writer, "POST", f"/sessions/{id_}/call", {"tool": name, "arguments": arguments})
                waits.append(time.perf_counter() - asked)
            told = await send(reader, writer, "GET", f"/sessions/{id_}/digest")
            if told["digest"] != session.digest:
                faults.append("a session ended elsewhere")
        except (OSError, ValueError, KeyError, IndexError) as error:
            faults.append(f"{type(error).__name__}: {error}")
        finally:
            writer.close()

    clients = [asyncio.create_task(one()) for _ in range(SESSIONS)]
    while sum(client.done() for client in clients) + len(gate._waiters) < SESSIONS:  # type: ignore[attr-defined]
        await asyncio.sleep(0.01)
    started = time.perf_counter()
    gate.set()
    await asyncio.gather(*clients)
    spent = time.perf_counter() - started
    return {
        "sessions": SESSIONS,
        "calls": len(waits),
        "errors": len(faults),
        "first_error": faults[0] if faults else None,
        "calls_per_second": round(len(waits) / spent, 1),
        "median_ms": round(statistics.median(waits) * 1000, 1),
        "slowest_ms": round(max(waits) * 1000, 1),
    }


async def send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, path: str, body: Any = None
) -> Any:
    """Return the content of an answer.

    Raises:
        ValueError: If it is not a success.
    """
    data = b"" if body is None else json.dumps(body).encode()
    writer.write(f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    found = re.search(rb"content-length: (\d+)", head)
    content = await reader.readexactly(int(found[1]) if found else 0)
    if not head.startswith(b"http/1.1 2"):
        raise ValueError(f"{head.split()[1].decode()} {content[:200]!r}")
    return json.loads(content)


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """Yield port and process of a session server."""
    command = [sys.executable, "-m", "gem_sim", "serve", NAME, "--http", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stderr is not None
    try:
        found = re.search(r":(\d+)$", process.stderr.readline().strip())
        if found is None:
            raise SystemExit("the session server did not start; pip install -e '.[http]'")
        yield int(found[1]), process.pid
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@contextmanager
def peer() -> Iterator[Callable[[str], Round] | None]:
    """Yield what times OpenEnv's echo environment, None where OpenEnv is not installed."""
    if not PEER.exists():
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [str(PEER), str(HERE / "peer.py"), folder]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "ready\n":
                raise SystemExit("OpenEnv's echo environment did not start; see benchmarks/README.md")
            yield lambda kind: timed(process, kind)
        finally:
            process.stdin.close()
            process.wait()
            process.stdout.close()


def timed(process: subprocess.Popen[str], kind: str) -> Round:
    """Time steps of the peer."""
    assert process.stdin is not None
    assert process.stdout is not None
    print(kind, STEPS, file=process.stdin, flush=True)
    return Round(*map(float, process.stdout.readline().split()))


def table(measured: dict[str, Any]) -> str:
    """Return the measurements as lines for a person."""
    lines = [f"{'':<28}{'steps/s':>10}{'× OpenEnv':>12}{'steps/CPU s':>14}{'× OpenEnv':>12}"]
    names = {"in_process": "in process (Gymnasium)", "http": "over HTTP"}
    names |= {"openenv": "OpenEnv, its client", "openenv_lean": "OpenEnv, bare WebSocket"}
    for name, wall in measured["steps_per_second"].items():
        shown = [measured["ratios"][kind].get(f"{name}_over_openenv") or "" for kind in ("wall", "cpu")]
        cpu = measured["steps_per_cpu_second"][name]
        lines.append(f"{names[name]:<28}{wall:>10,.0f}{shown[0]:>12}{cpu:>14,.0f}{shown[1]:>12}")
    if "openenv" not in measured["steps_per_second"]:
        lines.append("OpenEnv is not installed: see benchmarks/README.md")
    crowd = measured["crowd"]
    lines += [
        "",
        f"an idle session takes {measured['idle_session_kilobytes']} KB",
        f"{crowd['sessions']:,} sessions at once: {crowd['calls']:,} calls, {crowd['errors']} errors, "
        f"{crowd['calls_per_second']:,.0f} calls/s, median {crowd['median_ms']} ms, slowest {crowd['slowest_ms']} ms",
    ]
    return "\n".join(lines)
