"""Jobs in this process, or in a pool of processes that lose nothing but time when one of them dies."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext

from gem_sim.engine.work import Done, Job, Opened, Work
from gem_sim.errors import WorkerError

# A worker that is gone is replaced; that many in a row that did nothing mean that none can start.
_MOST_REPLACED = 40


def here(work: Work, jobs: Iterable[Job]) -> Iterator[Done]:
    """Do jobs in this process, in order."""
    opened = Opened(work)
    yield from map(opened.do, jobs)


def pool(work: Work, jobs: Iterable[Job], workers: int) -> Iterator[Done]:
    """Do jobs in processes, and yield them as they are done; each has one job at a time.

    A process that dies is replaced and its job done again (see `work`).

    Raises:
        WorkerError: If workers die again and again.
    """
    # Spawned, so that nothing of this process reaches a stub.
    context = multiprocessing.get_context("spawn")
    remaining = iter(jobs)
    busy: dict[Connection, _Slot] = {}
    idle: list[_Slot] = []
    replaced = 0
    try:
        while True:
            while len(busy) < workers and (job := next(remaining, None)) is not None:
                slot = idle.pop() if idle else _Slot(context, work)
                slot.give(job)
                busy[slot.connection] = slot
            if not busy:
                return
            ready = wait(list(busy))
            for connection in [one for one in busy if one in ready]:
                slot = busy.pop(connection)
                done = slot.take()
                if done is not None:
                    replaced = 0
                    idle.append(slot)
                    yield done
                    continue
                replaced += 1
                if replaced > _MOST_REPLACED:
                    raise WorkerError(f"{replaced} worker processes died and did nothing")
                again = _Slot(context, work)
                again.give(slot.job)
                busy[again.connection] = again
    finally:
        for slot in (*idle, *busy.values()):
            slot.end()


class _Slot:
    """A worker process and the job that it has."""

    def __init__(self, context: SpawnContext, work: Work) -> None:
        self.connection, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, work), daemon=True)
        self._process.start()
        there.close()
        self._job: Job | None = None

    @property
    def job(self) -> Job:
        assert self._job is not None
        return self._job

    def give(self, job: Job) -> None:
        self._job = job
        try:
            self.connection.send(job)
        except OSError:
            # It died already, which `take` will find.
            return

    def take(self) -> Done | None:
        """Return what became of the job, None where the process died of it; raise what it raised."""
        try:
            answer: Done | Exception = self.connection.recv()
        except (EOFError, OSError):
            self.end()
            return None
        if isinstance(answer, Exception):
            raise answer
        self._job = None
        return answer

    def end(self) -> None:
        """End the process: one without a job ends by itself."""
        self.connection.close()
        if self._job is not None and self._process.is_alive():
            self._process.terminate()
        self._process.join()


def _serve(connection: Connection, work: Work) -> None:
    # Ctrl-C goes to the whole group; the process that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    opened = Opened(work)
    while True:
        try:
            job: Job = connection.recv()
        except EOFError:
            return
        answer: Done | Exception
        try:
            answer = opened.do(job)
        except Exception as error:
            answer = error
        try:
            connection.send(answer)
        except Exception:
            connection.send(RuntimeError(f"{type(answer).__name__}: {answer}"))
