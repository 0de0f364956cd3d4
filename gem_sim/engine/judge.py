"""Replay and verify many records, one verdict each, in the order of the input."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from gem_sim.canonical import Json
from gem_sim.engine.sight import sight
from gem_sim.environment import Environment
from gem_sim.errors import CheckError, StubError
from gem_sim.formats import Record
from gem_sim.simulator import Replay, load_environment, replay
from gem_sim.verdict import Finding, Verdict
from gem_sim.verifier import SourcedValue, explain, verify

_CHUNK = 32


class Divergence(NamedTuple):
    """The first call whose recorded and executed answers part, with both answers whole."""

    turn: int
    call: int
    tool: str
    recorded: Json
    executed: Json


class Judged(NamedTuple):
    """What became of one record.

    `divergence` is None where no answer parts. `fault` is the line to show a person where something could not be
    judged, None where all could; `broken` then says whether a *stub* or a *check* is broken, None for the record
    itself. `trace` is what a report shows (see `engine.sight`), None where none was asked for or there is none;
    `sources` says where each value of each call comes from (see `verifier.explain`), None where that was not asked for.
    """

    verdict: Verdict
    divergence: Divergence | None = None
    fault: str | None = None
    broken: Literal["stub", "check"] | None = None
    trace: dict[str, Json] | None = None
    sources: tuple[SourcedValue, ...] | None = None


def judge(record: Record, environment: Environment, *, with_trace: bool = False, with_sources: bool = False) -> Judged:
    """Replay and verify one record; a record that cannot be read, a broken stub or check costs this record only."""
    if record.trajectory is None:
        return _unreadable(record)
    try:
        replayed = replay(record.trajectory, environment)
    except StubError as error:
        return _broken(record.trajectory.id, error, environment)
    try:
        verdict = verify(replayed)
    except CheckError as error:
        return _crashed(replayed, error)
    return Judged(
        verdict,
        divergence_of(replayed),
        trace=sight(replayed, verdict) if with_trace else None,
        sources=explain(replayed) if with_sources else None,
    )


def divergence_of(replayed: Replay) -> Divergence | None:
    """Return the first divergence of a replay, None where nothing parts."""
    call = replayed.first_divergence()
    if call is None:
        return None
    placed = call.placed
    return Divergence(placed.turn, placed.number, placed.call.tool, call.recorded, call.result.content)


def _unreadable(record: Record) -> Judged:
    error = record.error
    reason = "unreadable" if error is None else error.message
    evidence: dict[str, Json] = {"file": record.file, "line": record.line}
    if error is not None and error.cure is not None:
        evidence["cure"] = error.cure
    name = f"{Path(record.file).name.split('.')[0]}:{record.line}"
    finding = Finding(code="format.unreadable", message=f"{record.file}:{record.line}: {reason}", evidence=evidence)
    verdict = Verdict(id=name, verdict="fail", calls=0, state_digest=None, findings=(finding,))
    return Judged(verdict, fault=str(error) if error is not None else None)


def _broken(name: str, error: StubError, environment: Environment) -> Judged:
    finding = Finding(
        code="replay.broken",
        severity="undecided",
        tool=error.tool,
        message=f"the stub is broken, so the trajectory cannot be judged: {error}",
        evidence={"line": error.line, "reason": error.message},
    )
    verdict = Verdict(id=name, verdict="undecided", calls=0, state_digest=None, findings=(finding,))
    place = "" if environment.folder is None else f"{environment.folder}/environment.json: "
    return Judged(verdict, fault=f"{place}{error}; mend the body ({name} is not judged)", broken="stub")


def _crashed(replayed: Replay, error: CheckError) -> Judged:
    name = replayed.trajectory.id
    finding = Finding(
        code="replay.check_crashed",
        severity="undecided",
        message=f"a check crashed, so the trajectory cannot be judged: {error}",
        evidence={"reason": str(error)},
    )
    verdict = Verdict(
        id=name,
        verdict="undecided",
        calls=len(replayed.calls),
        state_digest=replayed.end.digest,
        findings=(finding,),
    )
    return Judged(verdict, fault=f"a fault of gem-sim or of the environment's checks: {error}", broken="check")


def judge_all(
    records: Iterable[Record],
    environment: Environment,
    *,
    workers: int = 1,
    with_trace: bool = False,
    with_sources: bool = False,
) -> Iterator[Judged]:
    """Yield what became of each record, in the order of the input.

    Args:
        records: What `read_records` yields.
        environment: Where to replay them; with several workers it must have been loaded from a folder.
        workers: How many processes; 1 works in this one.
        with_trace: Whether to keep what a report shows.
        with_sources: Whether to say where each value of each call comes from.
    """
    if workers <= 1 or environment.folder is None:
        for record in records:
            yield judge(record, environment, with_trace=with_trace, with_sources=with_sources)
        return
    # Spawned workers load the environment themselves, so that nothing of this process reaches a stub.
    context = multiprocessing.get_context("spawn")
    remaining = iter(records)
    pending: deque[Future[list[Judged]]] = deque()
    arguments = (environment.folder, environment.trusted, with_trace, with_sources)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=arguments) as pool:
        while True:
            while len(pending) < 2 * workers and (chunk := list(islice(remaining, _CHUNK))):
                pending.append(pool.submit(_judge_chunk, chunk))
            if not pending:
                return
            yield from pending.popleft().result()


class _Worker(NamedTuple):
    environment: Environment
    with_trace: bool
    with_sources: bool


_WORKER: list[_Worker] = []


def _start(folder: str, trusted: bool, with_trace: bool, with_sources: bool) -> None:
    # Ctrl-C goes to the whole group; the process that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _WORKER[:] = [_Worker(load_environment(folder, trusted=trusted), with_trace, with_sources)]


def _judge_chunk(records: list[Record]) -> list[Judged]:
    worker = _WORKER[0]
    keep = {"with_trace": worker.with_trace, "with_sources": worker.with_sources}
    return [judge(record, worker.environment, **keep) for record in records]
