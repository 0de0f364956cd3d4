"""A server of the command line in a process of its own, and a client on a bare socket."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.conftest import ROOT


class Served(NamedTuple):
    """A running server: its address, its process, the token it printed (None: none)."""

    url: str
    process: subprocess.Popen[str]
    token: str | None

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])


@contextlib.contextmanager
def served(*arguments: str, first: str = "") -> Iterator[Served]:
    """Run `gem-sim serve` on a free port until the end of the block; it must end well when asked to.

    `first` is Python to run before, where a test cannot wait as long as the server does.
    """
    run = f"{first}\nfrom gem_sim.cli import main\nmain({['serve', *arguments, '--port', '0']!r})"
    command = [sys.executable, "-c", run]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stderr is not None
    token = None
    try:
        for line in process.stderr:
            if found := re.match(r"gem-sim: token (\S+)$", line):
                token = found[1]
            elif found := re.match(r"gem-sim: \S+ on (\S+)$", line):
                yield Served(found[1], process, token)
                break
        else:
            raise AssertionError(f"the server did not start: {arguments}")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGTERM)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()


class Answer(NamedTuple):
    """What came back: a status and the content, None where there is none."""

    status: int
    content: Any


class Connection:
    """HTTP on a bare socket, so that it can misbehave."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.token = token
        self._rest = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        self.send(method, path, body, **headers)
        return self.answer()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> None:
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"host": "localhost", "content-length": str(len(data)), **headers}
        if self.token is not None:
            told.setdefault("authorization", f"Bearer {self.token}")
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)

    def answer(self) -> Answer:
        head = self._until(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        length = int(found[1]) if found else 0
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        kind = re.search(rb"content-type: ([^;\r]+)", head, re.IGNORECASE)
        content = json.loads(body) if kind and kind[1] == b"application/json" else body.decode() or None
        return Answer(int(head.split()[1]), content)

    def closed(self) -> bool:
        """Wait until the server ends the connection; what it still says is dropped."""
        with contextlib.suppress(ConnectionError):
            while self.socket.recv(1 << 16):
                pass
        return True

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(mark)
        return head

    def _more(self) -> None:
        part = self.socket.recv(1 << 16)
        if not part:
            raise ConnectionError("the server ended the connection")
        self._rest += part
