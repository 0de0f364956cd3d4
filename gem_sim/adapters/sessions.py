"""Many live sessions of one environment in one process: isolated, bounded, expired when idle.

Each session belongs to a lane, a thread with its own runner or worker process. Its operations run there one after the
other, so a tool that loops holds up its lane at most for the limit of one call. Short calls of trusted stubs run at
once, with little fuel; one that needs more is run again in its lane, since a call that broke has changed nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Final, NamedTuple, TypeVar

from gem_sim.adapters.episode import Episode, begin, fork
from gem_sim.environment import Environment
from gem_sim.errors import GemSimError, InputError, LimitError
from gem_sim.sandbox import Limits
from gem_sim.simulator.session import Session

_Answer = TypeVar("_Answer")

_QUICK_FUEL: Final = 10_000
_SWEEP_SECONDS: Final = 10.0


class NoSession(GemSimError):
    """There is no such session: it never was, was deleted, or has expired."""


class Full(GemSimError):
    """There are as many sessions as there may be."""


class Spent(GemSimError):
    """The session has had all the calls and messages, or all the bytes, that it may have."""


class Bounds(NamedTuple):
    """What clients may use.

    `sessions` at most at a time; `calls` and things said in each; `bytes` asked and answered in each, and `total_bytes`
    in all that are there; `idle_seconds` until an unused one is gone; `forks` in one request; `lanes` that run calls;
    `limits` of a single call.
    """

    sessions: int = 10_000
    calls: int = 1_000
    bytes: int = 16 << 20
    total_bytes: int = 2 << 30
    idle_seconds: float = 900.0
    forks: int = 1_000
    lanes: int = 2
    limits: Limits = Limits(seconds=5.0, output=262_144)


class Counts:
    """What has happened since the start."""

    def __init__(self) -> None:
        self.created = self.expired = self.deleted = 0
        self.calls = {"ok": 0, "refused": 0, "broken": 0}


class _Lane(NamedTuple):
    environment: Environment
    thread: ThreadPoolExecutor


class _Held:
    """A session: `waiting` counts its operations that are queued or under way in the lane."""

    __slots__ = ("bytes", "episode", "id", "lane", "used", "waiting")

    def __init__(self, id_: str, episode: Episode, lane: _Lane) -> None:
        self.id = id_
        self.episode = episode
        self.lane = lane
        self.bytes = 0
        self.used = monotonic()
        self.waiting = 0


class Sessions:
    """The sessions of one server; to be used from one event loop.

    Args:
        environment: What to run; its untrusted stubs get one worker process a lane.
        bounds: What clients may use.
    """

    def __init__(self, environment: Environment, bounds: Bounds | None = None) -> None:
        self.environment = environment
        self.bounds = bounds or Bounds()
        self.counts = Counts()
        # An environment is compared by identity, so each copy gets a worker of its own and shares everything else.
        twins = [environment, *(replace(environment) for _ in range(self.bounds.lanes - 1))]
        self._lanes = [_Lane(twin, ThreadPoolExecutor(1, "gem-sim-lane")) for twin in twins]
        self._quick = self.bounds.limits._replace(fuel=min(_QUICK_FUEL, self.bounds.limits.fuel))
        # In order of last use, so that the expired ones come first.
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._made = 0
        self._bytes = 0

    def __len__(self) -> int:
        self.expire()
        return len(self._held)

    async def create(
        self, *, task: str | None = None, seed: int = 0, instruction: str | None = None, id_: str | None = None
    ) -> str:
        """Start a session and return its id; see `begin`. `id_` None makes one that cannot be guessed.

        Raises:
            InputError: If there is no such task.
            Full: If there are too many sessions.
        """
        self._make_room(1)
        lane = self._lanes[self._made % len(self._lanes)]
        self._made += 1
        start = partial(
            begin, lane.environment, task=task, seed=seed, limits=self.bounds.limits, instruction=instruction
        )
        if self.environment.opener is None:
            return self._hold(start(), lane, id_)
        episode = await asyncio.get_running_loop().run_in_executor(lane.thread, start)
        self._make_room(1)
        return self._hold(episode, lane, id_)

    async def fork(self, id_: str, count: int) -> list[str]:
        """Return the ids of `count` independent sessions at the moment of another.

        Raises:
            NoSession: If there is no such session.
            InputError: If the environment's runs cannot fork, or there are too many.
            Full: If there would be too many sessions.
        """
        if not 1 <= count <= self.bounds.forks:
            raise InputError(f"count is {count}", cure=f"ask for 1 to {self.bounds.forks}")
        self._make_room(count)
        held = self._find(id_)
        twins = await self.run(id_, lambda episode: (episode, [fork(episode) for _ in range(count)]))
        self._make_room(count)
        # What they share counts for each: it is there as long as one of them is.
        return [self._hold(twin, held.lane, size=held.bytes) for twin in twins]

    def delete(self, id_: str) -> None:
        """End a session.

        Raises:
            NoSession: If there is no such session.
        """
        self._drop(self._find(id_))
        self.counts.deleted += 1

    def look(self, id_: str) -> Episode:
        """Return a session as it is after its last finished operation.

        Raises:
            NoSession: If there is no such session.
        """
        return self._find(id_).episode

    async def run(
        self, id_: str, operation: Callable[[Episode], tuple[Episode, _Answer]], *, quick: bool = False
    ) -> _Answer:
        """Run an operation on a session after those before it, keep the episode it returns, return its answer.

        `quick` says that it makes one call: it is tried at once where the stubs are trusted. It must not change
        anything where it raises.

        Raises:
            NoSession: If there is no such session.
            GemSimError: What the operation raises.
        """
        held = self._find(id_)
        session = held.episode.session
        if quick and held.waiting == 0 and self.environment.trusted and isinstance(session, Session):
            session.limits = self._quick
            try:
                held.episode, answer = operation(held.episode)
                return answer
            except LimitError:
                pass
            finally:
                session.limits = self.bounds.limits
        held.waiting += 1
        loop = asyncio.get_running_loop()
        future = held.lane.thread.submit(_advance, held, operation)
        # Whoever waits for it may be gone before it has come to its end, and until then nothing else may start.
        future.add_done_callback(lambda _: _soon(loop, self._done, held))
        return await asyncio.wrap_future(future)

    def may_grow(self, id_: str) -> None:
        """Check that a session may have one more call or message.

        Raises:
            NoSession: If there is no such session.
            Spent: If it has had all that it may have.
            Full: If all sessions together have.
        """
        held, bounds = self._find(id_), self.bounds
        if len(held.episode.log) >= bounds.calls:
            raise Spent(f"the session has {bounds.calls} calls and messages; roll back, or start another")
        if held.bytes >= bounds.bytes:
            raise Spent(f"the session has had its {bounds.bytes} bytes; start another")
        if self._bytes >= bounds.total_bytes:
            raise Full(f"the sessions have had their {bounds.total_bytes} bytes; delete some")

    def grown(self, id_: str, size: int) -> None:
        """Count the bytes that were asked and answered in a session."""
        held = self._held.get(id_)
        if held is not None:
            held.bytes += size
            self._bytes += size

    def expire(self) -> int:
        """End the sessions that were idle for too long; return how many."""
        oldest = monotonic() - self.bounds.idle_seconds
        gone = 0
        while self._held:
            held = next(iter(self._held.values()))
            if held.waiting:
                self._touch(held)
            elif held.used > oldest:
                break
            else:
                self._drop(held)
                gone += 1
        self.counts.expired += gone
        return gone

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[None]:
        """Look for expired sessions now and then while inside; end the lanes when leaving."""
        sweep = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweep.cancel()
            self.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(_SWEEP_SECONDS, self.bounds.idle_seconds))
            self.expire()

    def close(self) -> None:
        """End the lanes; calls under way come to their end."""
        for lane in self._lanes:
            lane.thread.shutdown(wait=False, cancel_futures=True)

    def _find(self, id_: str) -> _Held:
        held = self._held.get(id_)
        if held is not None and not held.waiting and held.used <= monotonic() - self.bounds.idle_seconds:
            self._drop(held)
            self.counts.expired += 1
            held = None
        if held is None:
            raise NoSession("there is no such session; it may have expired")
        self._touch(held)
        return held

    def _touch(self, held: _Held) -> None:
        held.used = monotonic()
        self._held.move_to_end(held.id)

    def _hold(self, episode: Episode, lane: _Lane, id_: str | None = None, *, size: int = 0) -> str:
        held = _Held(id_ or secrets.token_urlsafe(16), episode, lane)
        self._held[held.id] = held
        self.grown(held.id, size)
        self.counts.created += 1
        return held.id

    def _drop(self, held: _Held) -> None:
        del self._held[held.id]
        self._bytes -= held.bytes

    def _make_room(self, wanted: int) -> None:
        if len(self._held) + wanted > self.bounds.sessions:
            self.expire()
        if len(self._held) + wanted > self.bounds.sessions:
            raise Full(f"there are {len(self._held)} sessions, and at most {self.bounds.sessions}; delete some")

    def _done(self, held: _Held) -> None:
        held.waiting -= 1
        if held.id in self._held:
            self._touch(held)


def _advance(held: _Held, operation: Callable[[Episode], tuple[Episode, _Answer]]) -> _Answer:
    """Run in the lane's thread, where nothing else touches the session."""
    held.episode, answer = operation(held.episode)
    return answer


def _soon(loop: asyncio.AbstractEventLoop, work: Callable[[_Held], None], held: _Held) -> None:
    # A loop that is closed needs to know nothing more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(work, held)
