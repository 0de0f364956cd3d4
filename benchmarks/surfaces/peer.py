"""OpenEnv's own echo environment, made by `openenv init`, behind its own server; runs in OpenEnv's environment.

`python peer.py FOLDER` prints `ready`, then answers each line `own STEPS` (OpenEnv's client) or `lean STEPS` (frames on
a bare WebSocket) by the seconds that so many steps took, and those of CPU time in client and server.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """Make the environment, serve it, and time what is asked for until standard input ends."""
    folder = Path(sys.argv[1])
    made = [sys.executable, "-m", "openenv.cli", "init", "echo_env", "--output-dir", str(folder)]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [sys.executable, "-m", "uvicorn", "echo_env.server.app:app", "--port", str(port), "--log-level", "error"]
    server = subprocess.Popen(serve, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sys.path.insert(0, str(folder))
    try:
        wait(port)
        print("ready", flush=True)
        for line in sys.stdin:
            kind, steps = line.split()
            before = time.process_time() + cpu_seconds(server.pid)
            wall = (own if kind == "own" else lean)(port, int(steps))
            print(wall, time.process_time() + cpu_seconds(server.pid) - before, flush=True)
    finally:
        server.kill()
        server.wait()


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait(port: int) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def own(port: int, steps: int) -> float:
    """Return the seconds that so many steps take with the client that OpenEnv made."""
    from echo_env import EchoAction, EchoEnv

    with EchoEnv(base_url=f"http://127.0.0.1:{port}").sync() as client:
        client.reset()
        started = time.perf_counter()
        for _ in range(steps):
            client.step(EchoAction(message="Hello!"))
        return time.perf_counter() - started


def lean(port: int, steps: int) -> float:
    """Return the seconds that so many steps take with nothing around the socket."""
    from websockets.sync.client import connect

    step = json.dumps({"type": "step", "data": {"message": "Hello!"}})
    with connect(f"ws://127.0.0.1:{port}/ws") as client:
        client.send(json.dumps({"type": "reset", "data": {}}))
        client.recv()
        started = time.perf_counter()
        for _ in range(steps):
            client.send(step)
            client.recv()
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
