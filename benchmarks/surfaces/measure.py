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
from typing import Any, NamedTuple, TypeAlias

import gem_sim
from gem_sim.adapters.gymnasium import ToolEnv

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEER = ROOT / ".venv-openenv" / "bin" / "python"
NAME, TASK = "frame_shop", "exhibition-frame"
ECHO = str(HERE / "echo")
STEPS = 1_000
# In process a step takes so little that a round of as many would be over before the machine looks up.
LONGER = 20
IDLE = 2_000
SESSIONS, CALLS_EACH = 1_000, 10

SIZE = {"frame_width": 50, "frame_height": 70, "glass_type": "non-glare"}
ORDER = {"user_id": "USR_789456", "frame_style": "modern", **SIZE}
Calls: TypeAlias = tuple[tuple[str, dict[str, Any]], ...]
# What an agent does to order a frame: it reads, works out, and writes once.
EPISODE: Calls = (
    ("authenticate_user", {"email": "sarah.jenkins@email.com"}),
    ("get_user_profile", {"user_id": "USR_789456"}),
    ("check_size_constraints", SIZE),
    ("get_custom_pricing", SIZE),
    ("place_custom_order", ORDER),
)
ECHOES: Calls = (("echo", {"message": "Hello!"}),) * 5


class Server(NamedTuple):
    """Where a session server listens, and its process."""

    port: int
    pid: int


class Round(NamedTuple):
    """What so many steps took: seconds on the wall, and of CPU time in all processes that had a part in it."""

    wall: float
    cpu: float


def measure(repeat: int = 5) -> dict[str, Any]:
    """Return steps per second (medians of `repeat` rounds, surfaces taking turns), kilobytes, and the crowd."""
    with served(NAME) as shop, served(ECHO, "--trusted") as echo, peer() as openenv:
        timed: dict[str, Callable[[], Round]] = {
            "in_process": lambda: in_process(ToolEnv(gem_sim.load_environment(ECHO, trusted=True)), ECHOES),
            "http": lambda: over_http(echo, None, ECHOES),
            "in_process_shop": lambda: in_process(ToolEnv(NAME, TASK), EPISODE),
            "http_shop": lambda: over_http(shop, TASK, EPISODE),
        }
        if openenv is not None:
            timed |= {"openenv": lambda: openenv("own"), "openenv_lean": lambda: openenv("lean")}
        for once in timed.values():
            once()
        rounds: dict[str, list[Round]] = {name: [] for name in timed}
        for _ in range(max(repeat, 1)):
            for name, once in timed.items():
                rounds[name].append(once())
        idle = idle_kilobytes(shop)
        crowd = asyncio.run(a_crowd(shop.port))
    wall = {name: round(STEPS / statistics.median(one.wall for one in found), 1) for name, found in rounds.items()}
    cpu = {name: round(STEPS / statistics.median(one.cpu for one in found), 1) for name, found in rounds.items()}
    return {
        "rounds": repeat,
        "steps_per_second": wall,
        "steps_per_cpu_second": cpu,
        "in_process_ratio": ratios(wall)["in_process_over_openenv"],
        "http_ratio": ratios(wall)["http_over_openenv"],
        "ratios": {"wall": ratios(wall), "cpu": ratios(cpu)},
        "idle_session_kilobytes": idle,
        "crowd": crowd,
    }


def ratios(steps: dict[str, float]) -> dict[str, float | None]:
    """Return ours over OpenEnv's, with its own client and with the lean one; None without OpenEnv."""
    return {
        f"{ours}_over_{theirs}": round(steps[ours] / steps[theirs], 2) if theirs in steps else None
        for ours in ("in_process", "http", "in_process_shop", "http_shop")
        for theirs in ("openenv", "openenv_lean")
    }


def in_process(env: ToolEnv, episode: Calls) -> Round:
    """Time the steps of a Gymnasium environment; resets are not counted, as they are not for OpenEnv."""
    actions = [json.dumps({"name": name, "arguments": arguments}) for name, arguments in episode]
    clock = Clock()
    for _ in range(LONGER * STEPS // len(actions)):
        env.reset()
        with clock:
            for action in actions:
                env.step(action)
    return clock.round(LONGER)


def over_http(server: Server, task: str | None, episode: Calls) -> Round:
    """Time calls over HTTP with the standard library's client; starting and ending sessions is not counted."""
    client = http.client.HTTPConnection("127.0.0.1", server.port)
    ids = [ask(client, "POST", "/sessions", {"task": task})["id"] for _ in range(STEPS // len(episode))]
    clock = Clock(server.pid)
    with clock:
        for id_ in ids:
            for name, arguments in episode:
                ask(client, "POST", f"/sessions/{id_}/call", {"tool": name, "arguments": arguments})
    for id_ in ids:
        ask(client, "DELETE", f"/sessions/{id_}")
    client.close()
    return clock.round()


class Clock:
    """Adds up the time spent inside: on the wall, and of CPU time here and, where one is named, in a server."""

    def __init__(self, server: int | None = None) -> None:
        self._server = server
        self._wall = self._cpu = 0.0

    def __enter__(self) -> None:
        self._cpu -= self._used()
        self._wall -= time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._wall += time.perf_counter()
        self._cpu += self._used()

    def _used(self) -> float:
        return time.process_time() + (0.0 if self._server is None else cpu_seconds(self._server))

    def round(self, longer: int = 1) -> Round:
        """Return what was added up, divided by how many times longer the round was."""
        return Round(self._wall / longer, self._cpu / longer)


def ask(client: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> Any:
    """Return the content of an answer; anything but success ends the benchmark."""
    client.request(method, path, None if body is None else json.dumps(body))
    answer = client.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {content[:200]!r}")
    return json.loads(content) if content else None


def idle_kilobytes(server: Server) -> float:
    """Return what the server grows by for a session that has made an episode's calls and then waits."""
    client = http.client.HTTPConnection("127.0.0.1", server.port)

    def fill(number: int) -> list[str]:
        ids = []
        for _ in range(number):
            ids.append(ask(client, "POST", "/sessions", {"task": TASK})["id"])
            for name, arguments in EPISODE:
                ask(client, "POST", f"/sessions/{ids[-1]}/call", {"tool": name, "arguments": arguments})
        return ids

    # The first ones fill what is there anyway: caches, the allocator's arenas.
    ids = fill(IDLE // 10)
    before = resident_kilobytes(server.pid)
    ids += fill(IDLE)
    grown = (resident_kilobytes(server.pid) - before) / IDLE
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
def served(*arguments: str) -> Iterator[Server]:
    """Yield a session server."""
    command = [sys.executable, "-m", "gem_sim", "serve", *arguments, "--http", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stderr is not None
    try:
        found = re.search(r":(\d+)$", process.stderr.readline().strip())
        if found is None:
            raise SystemExit("the session server did not start; pip install -e '.[http]'")
        yield Server(int(found[1]), process.pid)
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
    lines = [f"{'':<32}{'steps/s':>10}{'× OpenEnv':>12}{'steps/CPU s':>14}{'× OpenEnv':>12}"]
    names = {"in_process": "echo, in process (Gymnasium)", "http": "echo, over HTTP"}
    names |= {"in_process_shop": "frame_shop, in process", "http_shop": "frame_shop, over HTTP"}
    names |= {"openenv": "OpenEnv's echo, its client", "openenv_lean": "OpenEnv's echo, bare WebSocket"}
    for name, wall in measured["steps_per_second"].items():
        shown = [measured["ratios"][kind].get(f"{name}_over_openenv") or "" for kind in ("wall", "cpu")]
        cpu = measured["steps_per_cpu_second"][name]
        lines.append(f"{names[name]:<32}{wall:>10,.0f}{shown[0]:>12}{cpu:>14,.0f}{shown[1]:>12}")
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
