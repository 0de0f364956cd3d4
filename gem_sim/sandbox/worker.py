"""The process that runs untrusted stubs: locked down before it sees the first of them.

It answers frames (four bytes of length, then JSON) on its standard streams, and has nothing else. It knows states by
number, so that a call carries what changed and not the tables.
"""

from __future__ import annotations

# For `probe`: once the doors are shut nothing can be imported.
import _socket
import base64
import datetime
import decimal
import heapq
import json
import marshal
import os
import statistics
import struct
from collections.abc import Mapping
from typing import Any

import re2

from gem_sim.errors import LimitError
from gem_sim.sandbox.host import Moment
from gem_sim.sandbox.lockdown import lock_down
from gem_sim.sandbox.meter import Limits
from gem_sim.sandbox.runner import Code, Outcome, Program, Runner
from gem_sim.state import State

_HEADER = struct.Struct(">I")
# Modules that Python would import on first use, when no file can be opened any more.
_WARM = (statistics.mean, decimal.Decimal, re2.compile, heapq.nlargest)


def main() -> None:
    """Lock down, say so, and answer requests until the other side closes."""
    datetime.datetime.strptime("2026-01-01", "%Y-%m-%d").strftime("%A %d %B")
    b"\\n".decode("unicode_escape")
    re2.sub("(a)", r"\1\1", "a")
    measures = lock_down()
    worker = _Worker()
    _write({"measures": measures})
    while (request := _read()) is not None:
        _write(worker.answer(request))


class _Worker:
    def __init__(self) -> None:
        self._runner: Runner | None = None
        self._states: dict[int, State] = {}
        # Where the calls of the last message ended; None if one of them broke.
        self._here: Moment | None = None

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["op"] == "load":
            return self._load(request)
        if request["op"] == "probe":
            return {"denied": probe()}
        for number in request["drop"]:
            self._states.pop(number, None)
        for number, changes in request["states"]:
            self._states[number] = self._states[0].with_changes(changes)
        return self._calls(request)

    def _load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        stubs = {
            name: Code(marshal.loads(base64.b64decode(code)), function)
            for name, (function, code) in request["stubs"].items()
        }
        self._runner = Runner(Program(stubs, request["constants"], request["rules"]))
        self._states = {0: State(request["state"])}
        return {"loaded": len(stubs)}

    def _calls(self, request: Mapping[str, Any]) -> dict[str, Any]:
        assert self._runner is not None
        moment = self._here
        if request["moment"] is not None:
            moment = Moment(self._states[request["moment"]], request["clock"], request["ids"], request["seed"])
        if moment is None:
            return {"outcomes": []}
        outcomes, error = self._runner.calls(request["calls"], moment, Limits(*request["limits"]))
        for number, outcome in zip(request["numbers"], outcomes, strict=False):
            if outcome.changes:
                self._states[number] = outcome.state
        self._here = None
        if error is None:
            last = outcomes[-1] if outcomes else None
            self._here = moment if last is None else moment._replace(state=last.state, ids=last.ids)
        told = [_told(outcome) for outcome in outcomes]
        if error is None:
            return {"outcomes": told}
        kind = "limit" if isinstance(error, LimitError) else "stub"
        return {"outcomes": told, "error": [kind, error.tool, error.message, error.line]}


def _told(outcome: Outcome) -> list[Any]:
    return [
        outcome.content,
        outcome.refusal,
        outcome.changes,
        dict(outcome.ids) if outcome.made else None,
        outcome.made,
        outcome.read_clock,
    ]


def probe() -> dict[str, bool]:
    """Try what must not be possible here; return what → whether it was denied."""
    attempts = {
        "read a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "write a file": lambda: os.open("/tmp/gem-sim-probe", os.O_WRONLY | os.O_CREAT),
        "open a socket": _socket.socket,
        "start a process": os.fork,
        "run a program": lambda: os.execv("/bin/true", ["/bin/true"]),
        "signal a process": lambda: os.kill(os.getppid(), 0),
    }
    return {name: _denied(attempt) for name, attempt in attempts.items()}


def _denied(attempt: Any) -> bool:
    try:
        made = attempt()
    except OSError:
        return True
    if made == 0:
        # The child of a fork that should not have been possible.
        os._exit(0)
    return False


def _read() -> Any:
    header = _read_exactly(4)
    if header is None:
        return None
    body = _read_exactly(_HEADER.unpack(header)[0])
    return None if body is None else json.loads(body)


def _read_exactly(number: int) -> bytes | None:
    parts = []
    while number:
        part = os.read(0, min(number, 1 << 20))
        if not part:
            return None
        parts.append(part)
        number -= len(part)
    return b"".join(parts)


def _write(answer: Mapping[str, Any]) -> None:
    body = json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()
    data = memoryview(_HEADER.pack(len(body)) + body)
    while data:
        data = data[os.write(1, data) :]
