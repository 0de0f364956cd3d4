"""The worker process: same outcomes as in this process, nothing to reach from it, and its death costs one call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gem_sim import Session, ToolCall, load_environment
from gem_sim.errors import LimitError, StubError
from gem_sim.sandbox import Isolated, Limits, Runner, isolated
from gem_sim.state import State
from tests.conftest import CASES, ROOT
from tests.sandbox.stubs import ROWS, moment, program

BODY = """\
if kind == 'write':
    state.loans[new_id('loans')] = {'at': now(), 'of': value}
    return len(state.loans)
if kind == 'refuse':
    require(False, 'R1')
if kind == 'crash':
    return value['missing']
if kind == 'loop':
    while True:
        pass
if kind == 'spin':
    a, b = (), ()
    for i in range(40):
        a, b = (a, a), (b, b)
    return a == b
if kind == 'memory':
    kept = []
    while True:
        kept.append([len(kept), 0.5] * 400_000)
return [row for row in state.loans.values()]"""
STEPS: list[tuple[str, Any]] = [
    ("write", {"a": [1, 2.5, None, "ü"]}), ("read", 0), ("refuse", 0), ("write", 7), ("crash", {}), ("read", 0),
    ("loop", 0), ("write", True), ("read", 0),
]  # fmt: skip


@pytest.fixture
def worker() -> Iterator[Isolated]:
    made = Isolated(program(BODY, "kind", "value"), State(ROWS))
    yield made
    made.close()


def told(executor: Runner | Isolated) -> list[object]:
    here, seen = moment(), []
    for kind, value in STEPS:
        try:
            outcome = executor.call("tool", {"kind": kind, "value": value}, here, Limits(fuel=5_000))
        except StubError as error:
            seen.append((type(error).__name__, error.message, error.line))
            continue
        here = here._replace(state=outcome.state, ids=outcome.ids)
        seen.append((outcome.content, outcome.refusal, outcome.made, outcome.read_clock, here.state.digest))
    return seen


def test_a_worker_answers_as_this_process_does(worker: Isolated) -> None:
    assert told(worker) == told(Runner(program(BODY, "kind", "value")))


def test_many_calls_in_one_message_are_the_calls_one_by_one(worker: Isolated) -> None:
    steps = [("tool", {"kind": kind, "value": 1}) for kind in ("write", "refuse", "read", "write", "crash", "write")]
    together, error = worker.calls(steps, moment(), Limits())
    apart, same_error = Runner(program(BODY, "kind", "value")).calls(steps, moment(), Limits())
    assert [(o.content, o.refusal, o.made, o.state.digest) for o in together] == [
        (o.content, o.refusal, o.made, o.state.digest) for o in apart
    ]
    assert str(error) == str(same_error)
    assert len(together) == 4


def test_a_long_batch_ends_at_the_call_that_breaks_and_the_next_one_is_answered(worker: Isolated) -> None:
    steps = [("tool", {"kind": "write", "value": "x" * 2000}) for _ in range(450)]
    whole, error = worker.calls(steps, moment(), Limits())
    assert error is None
    assert [outcome.content for outcome in whole] == list(range(1, 451))
    steps[250] = ("tool", {"kind": "crash", "value": {}})
    part, error = worker.calls(steps, moment(), Limits())
    assert isinstance(error, StubError)
    assert [outcome.state.digest for outcome in part] == [outcome.state.digest for outcome in whole[:250]]
    after = worker.call("tool", {"kind": "read", "value": 1}, moment(part[-1].state), Limits())
    assert len(after.content) == 250


def test_a_worker_that_cannot_be_interrupted_is_killed_and_costs_its_call_only(worker: Isolated) -> None:
    before = worker.call("tool", {"kind": "write", "value": 1}, moment(), Limits())
    later = moment(before.state)
    with pytest.raises(LimitError):
        worker.call("tool", {"kind": "spin", "value": 1}, later, Limits(seconds=0.2))
    after = worker.call("tool", {"kind": "read", "value": 1}, later, Limits())
    assert [row["of"] for row in after.content] == [1]


def test_memory_is_bounded(worker: Isolated) -> None:
    with pytest.raises(LimitError, match="out of memory"):
        worker.call("tool", {"kind": "memory", "value": 1}, moment(), Limits(fuel=10**9, seconds=60))
    assert worker.call("tool", {"kind": "read", "value": 1}, moment(), Limits()).content == []


def killed_at_work(worker: Isolated, times: int, limits: Limits) -> str:
    """Let a used worker, and those that take its place, be killed while they run an endless loop; return the error."""
    worker.call("tool", {"kind": "read", "value": 1}, moment(), Limits())

    def kill() -> None:
        for _ in range(times):
            time.sleep(0.3)
            while (process := worker._process) is None or process.ended():
                time.sleep(0.01)
            os.kill(process._process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(LimitError) as caught:
        worker.call("tool", {"kind": "loop", "value": 1}, moment(), limits)
    killer.join()
    return str(caught.value)


def test_a_call_whose_worker_is_killed_is_asked_of_a_new_one(worker: Isolated) -> None:
    """Whatever killed the first, perhaps something that an earlier call left, says nothing about this call."""
    assert killed_at_work(worker, 1, Limits(fuel=20_000_000)).endswith("out of fuel")


def test_a_call_that_new_workers_die_of_too_is_one_clear_error(worker: Isolated) -> None:
    told = killed_at_work(worker, 2, Limits(fuel=10**12, seconds=60))
    assert told.endswith(("died of signal 9", "closed its end"))
    assert worker.call("tool", {"kind": "read", "value": 1}, moment(), Limits()).content == []


LATE = """\
if kind == 'leave':
    kept = None
    for _ in range(80000):
        kept = defaultdict(None, {1: kept})
    cycle = [kept]
    cycle.append(cycle)
    kept = None
    return 'left'
return [[number] for number in range(value)]"""


def test_what_a_call_leaves_to_be_freed_late_costs_no_later_call() -> None:
    """The cycle is freed while a later call makes lists, and freeing it ends the process."""
    made = program("from collections import defaultdict\n" + LATE, "kind", "value")
    worker = Isolated(made, State(ROWS))
    left = worker.call("tool", {"kind": "leave", "value": 0}, moment(), Limits())
    first = worker._process
    after = worker.call("tool", {"kind": "make", "value": 100_000}, moment(), Limits())
    died = worker._process is not first
    worker.close()
    assert (left.content, after.content) == ("left", [[number] for number in range(100_000)])
    assert died, "the process was to die of what the first call left; make it leave more"


def test_a_worker_killed_at_rest_costs_nothing(worker: Isolated) -> None:
    before = worker.call("tool", {"kind": "write", "value": 1}, moment(), Limits())
    assert worker._process is not None
    os.kill(worker._process._process.pid, signal.SIGKILL)
    worker._process._process.wait()
    after = worker.call("tool", {"kind": "read", "value": 1}, moment(before.state), Limits())
    assert [row["of"] for row in after.content] == [1]


def test_states_that_a_worker_has_forgotten_are_told_again(worker: Isolated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "_MOST_STATES", 5)
    states = [State(ROWS) for _ in range(12)]
    for turn in range(4):
        for number, state in enumerate(states):
            here = moment(state)._replace(seed=turn)
            states[number] = worker.call("tool", {"kind": "write", "value": number}, here, Limits()).state
    assert worker._process is not None
    assert len(worker._process._numbers) <= 6
    for number, state in enumerate(states):
        told = worker.call("tool", {"kind": "read", "value": 0}, moment(state), Limits()).content
        assert [row["of"] for row in told] == [number] * 4


def test_a_worker_can_be_talked_to_with_a_thousand_files_open(worker: Isolated) -> None:
    import resource

    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1200:
        pytest.skip("this machine allows fewer than 1,200 open files")
    files = [os.dup(1) for _ in range(1100)]
    try:
        assert worker.call("tool", {"kind": "read", "value": 1}, moment(), Limits()).content == []
        assert worker._process is not None
        assert worker._process._out > 1023
    finally:
        for file in files:
            os.close(file)


@pytest.mark.skipif(sys.platform != "linux", reason="the walls that are tried are those of Linux")
def test_nothing_can_be_reached_from_a_worker(worker: Isolated) -> None:
    measures, denied = worker.measures(), worker.probe()
    assert measures["resource limits"]
    if measures["system call filter"]:
        assert all(denied.values()), denied


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to look into a process")
def test_a_worker_inherits_no_descriptor_and_no_environment(worker: Isolated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s3cret")
    with Path(__file__).open() as kept:
        os.set_inheritable(kept.fileno(), True)
        worker.measures()
        assert worker._process is not None
        pid = worker._process._process.pid
        try:
            descriptors = [path.name for path in Path(f"/proc/{pid}/fd").iterdir()]
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except PermissionError:
            pytest.skip("this kernel lets nobody look into a process in a user namespace")
    assert b"s3cret" not in environment
    assert set(descriptors) <= {"0", "1", "2", "3"}


def test_workers_end_with_their_host() -> None:
    code = (
        "from gem_sim.sandbox import Isolated, Program\n"
        "from gem_sim.state import State\n"
        "worker = Isolated(Program({}, {}, {}), State())\n"
        "worker.measures()\n"
        "print(worker._process._process.pid, flush=True)\n"
        "import os, sys\n"
        "os._exit(0) if len(sys.argv) > 1 else None\n"
    )
    for arguments in ([], ["at once"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
        pid = int(done.stdout)
        for _ in range(100):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                break
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                break
            time.sleep(0.05)
        else:
            pytest.fail(f"worker {pid} outlives its host")


def test_sessions_of_untrusted_environments_behave_as_those_of_trusted_ones() -> None:
    sessions = [
        Session(load_environment(CASES / "environments" / "desk", trusted=trusted), seed=3) for trusted in (False, True)
    ]
    calls = [
        ToolCall(id="1", tool="find_member", arguments={"name": "Ada"}),
        ToolCall(id="2", tool="lend_book", arguments={"member_id": "M1", "book_id": "B1"}),
        ToolCall(id="3", tool="lend_book", arguments={"member_id": "M1"}),
        ToolCall(id="4", tool="no_such_tool", arguments={}),
        ToolCall(id="5", tool="lend_book", arguments={"member_id": "M1", "book_id": "B1"}),
    ]
    one_by_one = [[session.call(call) for call in calls] for session in sessions]
    assert one_by_one[0] == one_by_one[1]
    assert sessions[0].digest == sessions[1].digest
    for session in sessions:
        session.rollback(len(calls))
    assert [session.call_all(calls) for session in sessions] == one_by_one
    branches = [session.fork() for session in sessions]
    for branch in branches:
        branch.rollback(4)
        branch.call(calls[1])
    assert branches[0].digest == branches[1].digest


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x00\x00\x02[]",
        b"\x00\x00\x00\x02{]",
        b"\x00\x00\x00\x03NaN",
        b'\x00\x00\x00\x10{"outcomes": 7}' + b"  ",
        b'\x00\x00\x00\x3a{"outcomes": [[0, null, {"loans": {"L1": 7}}, null, [], 0]]}'.ljust(62),
        b"\xff\xff\xff\xff",
    ],
)
def test_what_a_worker_answers_is_not_trusted(worker: Isolated, answer: bytes) -> None:
    worker.call("tool", {"kind": "read", "value": 1}, moment(), Limits())
    process = worker._process
    assert process is not None
    process._read += answer
    # An earlier call may have written it, so it is a new process that answers this one.
    assert worker.call("tool", {"kind": "read", "value": 1}, moment(), Limits()).content == []
    assert worker._process is not process


def test_a_new_worker_that_breaks_its_protocol_is_one_clear_error(
    worker: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(isolated._Process, "receive", lambda *_: {"measures": {}, "outcomes": 7})
        with pytest.raises(LimitError, match="broke its protocol"):
            worker.call("tool", {"kind": "read", "value": 1}, moment(), Limits())
    assert worker.call("tool", {"kind": "read", "value": 1}, moment(), Limits()).content == []


def test_a_worker_loads_what_runs_stubs_and_nothing_that_compiles_or_reads_them() -> None:
    program = "import sys; import gem_sim.sandbox.worker; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "gem_sim.sandbox.runner" in loaded
    assert not loaded & {
        "pydantic",
        "pydantic_core",
        "RestrictedPython",
        "gem_sim.compiler.policy",
        "gem_sim.environment",
    }
