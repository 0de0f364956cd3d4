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
from collections import deque
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import Any, Final, NamedTuple

from gem_sim.canonical import Json, parse_json
from gem_sim.errors import LimitError, StubError, WorkerError
from gem_sim.sandbox.host import Moment
from gem_sim.sandbox.meter import Limits
from gem_sim.sandbox.runner import Calls, Outcome, Program
from gem_sim.state import State, changed_rows

_HEADER = struct.Struct(">I")
_MOST_BYTES: Final = 64 << 20
_START_SECONDS: Final = 60.0
# The stub's own clock ends it first, where it can be interrupted at all.
_GRACE_SECONDS: Final = 2.0
# Calls in one message: while the process works on one, the answer to the one before is read.
_PART: Final = 100
# What the process keeps of the states it has seen; one it has forgotten is sent again, as what differs from the first.
_MOST_STATES: Final = 20_000
_OUT_OF_TIME: Final = "out of time"
_LAUNCH: Final = "import sys; sys.path.insert(0, {path!r}); from gem_sim.sandbox.worker import main; main()"


class Isolated:
    """Runs the stubs of one program in a worker process, started when first needed and after it died.

    One request at a time: callers in several threads wait for each other. `hash_seed` is the process's PYTHONHASHSEED;
    no result depends on it, and trying another one is how that is checked.
    """

    def __init__(self, program: Program, state: State, *, hash_seed: int = 0) -> None:
        self._program = program
        self._base = state
        self._hash_seed = hash_seed
        self._process: _Process | None = None
        self._end: weakref.finalize[..., Isolated] | None = None
        self._lock = RLock()

    def call(self, name: str, arguments: Mapping[str, Json], moment: Moment, limits: Limits) -> Outcome:
        """Run one stub from a moment; see `Runner.call`."""
        outcomes, error = self.calls([(name, arguments)], moment, limits)
        if error is not None:
            raise error
        return outcomes[0]

    def calls(self, calls: Calls, moment: Moment, limits: Limits) -> tuple[list[Outcome], StubError | None]:
        """Run stubs one after the other; see `Runner.calls`. The process works on one part while another is read.

        If the process dies, no call counts. One that dies or runs out of memory may do so of what earlier calls left
        behind, such as a cycle that is freed late, so a new one is asked before these calls are blamed.
        """
        with self._lock:
            used = self._process is not None
            outcomes, error, is_lost = self._asked(calls, moment, limits)
            if is_lost and used:
                outcomes, error, _ = self._asked(calls, moment, limits)
            return outcomes, error

    def _asked(self, calls: Calls, moment: Moment, limits: Limits) -> tuple[list[Outcome], StubError | None, bool]:
        """Ask a process; tell besides whether it was lost to something else than the clock."""
        process = self._started()
        try:
            outcomes, error = self._run(process, calls, moment, limits)
        except _WorkerDied as death:
            self.close()
            name = calls[0][0] if len(calls) == 1 else f"one of {', '.join(sorted({name for name, _ in calls}))}"
            return [], LimitError(name, death.reason), death.reason != _OUT_OF_TIME
        return outcomes, error, self._process is None

    def _run(
        self, process: _Process, calls: Calls, moment: Moment, limits: Limits
    ) -> tuple[list[Outcome], StubError | None]:
        parts = [calls[start : start + _PART] for start in range(0, len(calls), _PART)]
        asked = deque([process.send_calls(parts[0], moment, limits, goes_on=False)])
        outcomes: list[Outcome] = []
        error: StubError | None = None
        for part in (*parts[1:], None):
            if part is not None:
                asked.append(process.send_calls(part, moment, limits, goes_on=True))
            told, broken = process.outcomes(asked.popleft(), moment)
            if error is not None:
                # The rest was skipped; its answers are read, so that the next request gets its own.
                continue
            outcomes += told
            if told:
                moment = moment._replace(state=told[-1].state, ids=told[-1].ids)
            error = broken
        if error is not None and error.message == "out of memory":
            # What is left of its memory is nobody's to rely on.
            self.close()
        return outcomes, error

    def measures(self) -> dict[str, bool]:
        """Return which measures of `lockdown` are in force."""
        with self._lock:
            return self._started().measures

    def probe(self) -> dict[str, bool]:
        """Let the worker try what must not be possible; return what → whether it was denied."""
        with self._lock:
            return dict(self._started().ask({"op": "probe"}, _START_SECONDS)["denied"])

    def _started(self) -> _Process:
        if self._process is not None and self._process.ended():
            # It died while it had nothing to do, so no call is to blame.
            self.close()
        if self._process is None:
            self._process = _Process(self._program, self._base, self._hash_seed)
            # The process must not outlive this object, however it goes.
            self._end = weakref.finalize(self, _Process.close, self._process)
        return self._process

    def close(self) -> None:
        """End the worker; the next call starts another."""
        with self._lock:
            if self._process is not None and self._end is not None:
                self._end()
                self._process = None


class _WorkerDied(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class _Asked(NamedTuple):
    """Calls that were sent: the numbers of the states they may lead to, and how long their answer may take."""

    numbers: list[int]
    seconds: float


class _Process:
    """A worker process and what it knows: states by number."""

    def __init__(self, program: Program, state: State, hash_seed: int) -> None:
        path = str(Path(__file__).resolve().parent.parent.parent)
        command = [sys.executable, "-s", "-P", "-B", "-c", _LAUNCH.format(path=path)]
        environment = {"PYTHONHASHSEED": str(hash_seed), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
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
        self._read = bytearray()
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
            self.measures: dict[str, bool] = self.receive(_START_SECONDS)["measures"]
            self.ask({**load, "state": state.to_json()}, _START_SECONDS)
        except _WorkerDied as death:
            self.close()
            raise WorkerError(f"the worker process for untrusted stubs cannot be started: {death.reason}") from None

    def send_calls(self, calls: Calls, moment: Moment, limits: Limits, *, goes_on: bool) -> _Asked:
        """Send calls, and the state they start from if the process does not know it.

        `goes_on` starts them where the calls sent before ended; if one of those broke, they are skipped.
        """
        states: list[Any] = []
        number = None if goes_on else self._numbers.get(id(moment.state))
        if number is None and not goes_on:
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
        self.send(request, _START_SECONDS)
        return _Asked(numbers, (limits.seconds + _GRACE_SECONDS) * len(calls))

    def outcomes(self, asked: _Asked, moment: Moment) -> tuple[list[Outcome], StubError | None]:
        """Read the answer to calls and check it: the process that gave it ran untrusted code."""
        answer = self.receive(asked.seconds)
        outcomes = []
        state, ids = moment.state, moment.ids
        try:
            for number, told in zip(asked.numbers, answer["outcomes"], strict=False):
                content, refusal, changes, new_ids, made, read_clock = told
                if changes:
                    state = state.with_changes(_rows_only(changes))
                    self._remember(state, number)
                ids = ids if new_ids is None else {str(table): int(count) for table, count in new_ids.items()}
                refusal = None if refusal is None else str(refusal)
                outcomes.append(Outcome(content, refusal, changes, state, ids, tuple(map(str, made)), bool(read_clock)))
            if answer.get("error") is None:
                return outcomes, None
            kind, tool, message, line = answer["error"]
        except (TypeError, ValueError, AttributeError, KeyError):
            raise _WorkerDied("the worker broke its protocol") from None
        made_error = LimitError if kind == "limit" else StubError
        return outcomes, made_error(str(tool), str(message), line=line if isinstance(line, int) else None)

    def _number(self, state: State) -> int:
        number = self._next
        self._next += 1
        self._remember(state, number)
        return number

    def _remember(self, state: State, number: int) -> None:
        if len(self._numbers) > _MOST_STATES:
            # The first of all is kept: the others are sent as changes of it.
            oldest = next(islice(self._numbers, 1, None))
            self._dropped.append(self._numbers.pop(oldest))
        self._numbers[id(state)] = number
        weakref.finalize(state, _forget, self._numbers, self._dropped_of, id(state)).atexit = False

    def _dropped_of(self, number: int) -> None:
        self._dropped.append(number)

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and return its answer; see `send` and `receive`."""
        self.send(request, seconds)
        return self.receive(seconds)

    def send(self, request: Mapping[str, Any], seconds: float) -> None:
        """Send a request, taking in meanwhile what the process answers to earlier ones.

        Raises:
            _WorkerDied: If the process is gone or does not read.
        """
        deadline = monotonic() + seconds
        body = json.dumps(request, separators=(",", ":")).encode()
        data = memoryview(_HEADER.pack(len(body)) + body)
        while data:
            try:
                data = data[os.write(self._in, data) :]
            except BlockingIOError:
                self._wait([self._out], [self._in], deadline)
                self._take_in()
            except OSError:
                raise _WorkerDied(self._death()) from None

    def receive(self, seconds: float) -> dict[str, Any]:
        """Return the next answer.

        Raises:
            _WorkerDied: If the process is gone, takes too long, or answers what is no answer.
        """
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
        while len(self._read) < number:
            if not self._take_in():
                self._wait([self._out], [], deadline)
        part = bytes(self._read[:number])
        del self._read[:number]
        return part

    def _take_in(self) -> bool:
        """Read what there is; False if there is nothing yet."""
        try:
            part = os.read(self._out, 1 << 20)
        except BlockingIOError:
            return False
        if not part:
            raise _WorkerDied(self._death())
        self._read += part
        return True

    def _wait(self, reading: list[int], writing: list[int], deadline: float) -> None:
        left = deadline - monotonic()
        # Not select(), which knows no file descriptor beyond 1023: a server may have that many connections.
        poll = select.poll()
        for file in reading:
            poll.register(file, select.POLLIN)
        for file in writing:
            poll.register(file, select.POLLOUT)
        if left <= 0 or not poll.poll(left * 1000):
            raise _WorkerDied(_OUT_OF_TIME)

    def _death(self) -> str:
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "the worker closed its end"
        return f"the worker died of signal {-status}" if status < 0 else f"the worker ended with status {status}"

    def ended(self) -> bool:
        """Tell whether the process is gone."""
        return self._process.poll() is not None

    def close(self) -> None:
        """Kill the process and reap it."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def _rows_only(changes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for table, rows in changes.items():
        if not all(row is None or isinstance(row, dict) for row in rows.values()):
            raise ValueError(f"a row of {table!r} is no mapping")
    return changes


def _forget(numbers: dict[int, int], drop: Any, identity: int) -> None:
    number = numbers.pop(identity, None)
    if number is not None:
        drop(number)
