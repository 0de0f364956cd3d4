"""Run stubs in a locked-down process of their own: what happens to it costs the call and nothing else."""

from __future__ import annotations

import base64
import json
import marshal
import os
import select
import struct
import subprocess
import sys
import weakref
from collections.abc import Mapping
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import Any, Final

from gem_sim.canonical import Json, parse_json
from gem_sim.errors import GemSimError, LimitError, StubError
from gem_sim.sandbox.host import Moment
from gem_sim.sandbox.meter import Limits
from gem_sim.sandbox.runner import Calls, Outcome, Program
from gem_sim.state import State, changed_rows

_HEADER = struct.Struct(">I")
_MOST_BYTES: Final = 64 << 20
_START_SECONDS: Final = 60.0
# The stub's own clock ends it first, where it can be interrupted at all.
_GRACE_SECONDS: Final = 2.0
_LAUNCH: Final = "import sys; sys.path.insert(0, {path!r}); from gem_sim.sandbox.worker import main; main()"


class WorkerError(GemSimError):
    """The worker process cannot be started."""


class Isolated:
    """Runs the stubs of one program in a worker process, started when first needed and after it died.

    One request at a time: callers in several threads wait for each other.
    """

    def __init__(self, program: Program, state: State) -> None:
        self._program = program
        self._base = state
        self._process: _Process | None = None
        self._lock = RLock()

    def call(self, name: str, arguments: Mapping[str, Json], moment: Moment, limits: Limits) -> Outcome:
        """Run one stub from a moment; see `Runner.call`."""
        outcomes, error = self.calls([(name, arguments)], moment, limits)
        if error is not None:
            raise error
        return outcomes[0]

    def calls(self, calls: Calls, moment: Moment, limits: Limits) -> tuple[list[Outcome], StubError | None]:
        """Run stubs one after the other in one message; see `Runner.calls`.

        If the process dies, no call of the message counts.
        """
        with self._lock:
            process = self._started()
            try:
                return self._told(process.calls(calls, moment, limits), moment, process)
            except _WorkerDied as death:
                self.close()
                name = calls[0][0] if len(calls) == 1 else f"one of {', '.join(sorted({name for name, _ in calls}))}"
                return [], LimitError(name, death.reason)

    def _told(
        self, answer: dict[str, Any], moment: Moment, process: _Process
    ) -> tuple[list[Outcome], StubError | None]:
        outcomes = process.outcomes(answer, moment)
        error = answer.get("error")
        if error is None:
            return outcomes, None
        kind, tool, message, line = error
        if message == "out of memory":
            # What is left of its memory is nobody's to rely on.
            self.close()
        made = LimitError if kind == "limit" else StubError
        return outcomes, made(str(tool), str(message), line=line if isinstance(line, int) else None)

    def measures(self) -> dict[str, bool]:
        """Return which measures of `lockdown` are in force."""
        with self._lock:
            return self._started().measures

    def probe(self) -> dict[str, bool]:
        """Let the worker try what must not be possible; return what → whether it was denied."""
        with self._lock:
            return dict(self._started().ask({"op": "probe"}, _START_SECONDS)["denied"])

    def _started(self) -> _Process:
        if self._process is None:
            self._process = _Process(self._program, self._base)
            # The process must not outlive this object, however it goes.
            weakref.finalize(self, _Process.close, self._process)
        return self._process

    def close(self) -> None:
        """End the worker; the next call starts another."""
        with self._lock:
            if self._process is not None:
                self._process.close()
                self._process = None


class _WorkerDied(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class _Process:
    """A worker process and what it knows: states by number."""

    def __init__(self, program: Program, state: State) -> None:
        path = str(Path(__file__).resolve().parent.parent.parent)
        command = [sys.executable, "-s", "-P", "-B", "-c", _LAUNCH.format(path=path)]
        environment = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._out, False)
        os.set_blocking(self._in, False)
        self._numbers: dict[int, int] = {id(state): 0}
        self._kept = state
        self._next = 1
        self._dropped: list[int] = []
        stubs = {
            name: [stub.function, base64.b64encode(marshal.dumps(stub.code)).decode()]
            for name, stub in program.stubs.items()
        }
        load = {"op": "load", "stubs": stubs, "constants": program.constants, "rules": program.rules}
        try:
            self.measures: dict[str, bool] = self._receive(_START_SECONDS)["measures"]
            self.ask({**load, "state": state.to_json()}, _START_SECONDS)
        except _WorkerDied as death:
            self.close()
            raise WorkerError(f"the worker process for untrusted stubs cannot be started: {death.reason}") from None

    def calls(self, calls: Calls, moment: Moment, limits: Limits) -> dict[str, Any]:
        """Send calls, and the state they start from if the process does not know it; return its answer."""
        states: list[Any] = []
        number = self._numbers.get(id(moment.state))
        if number is None:
            number = self._number(moment.state)
            changes: dict[str, dict[str, Any]] = {}
            for table, key, _before, row in changed_rows(self._kept, moment.state):
                changes.setdefault(table, {})[key] = row
            states.append([number, changes])
        numbers = list(range(self._next, self._next + len(calls)))
        self._next += len(calls)
        request = {
            "op": "calls",
            "calls": calls,
            "moment": number,
            "numbers": numbers,
            "states": states,
            "drop": self._dropped,
            "clock": moment.clock,
            "ids": dict(moment.ids),
            "seed": moment.seed,
            "limits": limits,
        }
        self._dropped = []
        answer = self.ask(request, (limits.seconds + _GRACE_SECONDS) * len(calls))
        answer["numbers"] = numbers
        return answer

    def outcomes(self, answer: dict[str, Any], moment: Moment) -> list[Outcome]:
        """Return the outcomes of an answer, checked: the process that gave it ran untrusted code."""
        outcomes = []
        state, ids = moment.state, moment.ids
        try:
            for number, told in zip(answer["numbers"], answer["outcomes"], strict=False):
                content, refusal, changes, new_ids, made, read_clock = told
                if changes:
                    state = state.with_changes(changes)
                    self._remember(state, number)
                ids = ids if new_ids is None else {str(table): int(count) for table, count in new_ids.items()}
                outcomes.append(
                    Outcome(
                        content,
                        None if refusal is None else str(refusal),
                        changes,
                        state,
                        ids,
                        tuple(map(str, made)),
                        bool(read_clock),
                    )
                )
        except (TypeError, ValueError, AttributeError, KeyError):
            raise _WorkerDied("the worker broke its protocol") from None
        return outcomes

    def _number(self, state: State) -> int:
        number = self._next
        self._next += 1
        self._remember(state, number)
        return number

    def _remember(self, state: State, number: int) -> None:
        self._numbers[id(state)] = number
        weakref.finalize(state, _forget, self._numbers, self._dropped_of, id(state)).atexit = False

    def _dropped_of(self, number: int) -> None:
        self._dropped.append(number)

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and return its answer.

        Raises:
            _WorkerDied: If the process is gone, takes too long, or answers what is no answer.
        """
        deadline = monotonic() + seconds
        body = json.dumps(request, separators=(",", ":")).encode()
        data = memoryview(_HEADER.pack(len(body)) + body)
        while data:
            try:
                data = data[os.write(self._in, data) :]
            except BlockingIOError:
                select.select([], [self._in], [], max(0.0, deadline - monotonic()))
                if monotonic() > deadline:
                    raise _WorkerDied("out of time") from None
            except OSError:
                raise _WorkerDied(self._death()) from None
        return self._receive(deadline - monotonic())

    def _receive(self, seconds: float) -> dict[str, Any]:
        deadline = monotonic() + seconds
        (length,) = _HEADER.unpack(self._exactly(4, deadline))
        if length > _MOST_BYTES:
            raise _WorkerDied("a result that is too large")
        try:
            answer = parse_json(self._exactly(length, deadline))
        except ValueError:
            raise _WorkerDied("the worker broke its protocol") from None
        if not isinstance(answer, dict):
            raise _WorkerDied("the worker broke its protocol")
        return answer

    def _exactly(self, number: int, deadline: float) -> bytes:
        parts = []
        while number:
            try:
                part = os.read(self._out, min(number, 1 << 20))
            except BlockingIOError:
                left = deadline - monotonic()
                if left <= 0:
                    raise _WorkerDied("out of time") from None
                select.select([self._out], [], [], left)
                continue
            if not part:
                raise _WorkerDied(self._death())
            parts.append(part)
            number -= len(part)
        return b"".join(parts)

    def _death(self) -> str:
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "the worker closed its end"
        return f"the worker died of signal {-status}" if status < 0 else f"the worker ended with status {status}"

    def close(self) -> None:
        """Kill the process and reap it."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def _forget(numbers: dict[int, int], drop: Any, identity: int) -> None:
    number = numbers.pop(identity, None)
    if number is not None:
        drop(number)
