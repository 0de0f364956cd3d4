"""Many sessions in one process: bounds, expiry, lanes, and calls that are first tried with little fuel."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

import gem_sim
from gem_sim.adapters import sessions as module
from gem_sim.adapters.episode import Episode, call, rollback, say
from gem_sim.adapters.native import host
from gem_sim.adapters.sessions import Bounds, Full, NoSession, Sessions, Spent
from gem_sim.errors import InputError, LimitError
from gem_sim.sandbox import Limits
from gem_sim.tool import ToolCall, ToolResult
from tests.adapters.shop import Shop
from tests.conftest import CASES, environment

SIGN_IN = ToolCall(id="c1", tool="authenticate_user", arguments={"email": "sarah.jenkins@email.com"})
LOOPS = gem_sim.load_environment(CASES / "environments" / "loops", trusted=True)


def making(asked: ToolCall) -> Callable[[Episode], tuple[Episode, ToolResult]]:
    return partial(_made, asked)


def _made(asked: ToolCall, episode: Episode) -> tuple[Episode, ToolResult]:
    return call(episode, asked)


def spin(turns: int) -> Callable[[Episode], tuple[Episode, ToolResult]]:
    return making(ToolCall(id="c1", tool="spin", arguments={"turns": turns}))


def using(use: Callable[[Sessions], Awaitable[None]], bounds: Bounds | None = None, **options: Any) -> None:
    async def run() -> None:
        sessions = Sessions(options.get("environment") or environment("frame_shop"), bounds)
        try:
            await use(sessions)
        finally:
            sessions.close()

    asyncio.run(run())


def test_there_are_at_most_so_many_and_a_deleted_one_makes_room() -> None:
    async def use(sessions: Sessions) -> None:
        first, second = [await sessions.create() for _ in range(2)]
        with pytest.raises(Full, match="at most 2"):
            await sessions.create()
        with pytest.raises(Full):
            await sessions.fork(first, 1)
        sessions.delete(second)
        assert len(await sessions.fork(first, 1)) == 1
        with pytest.raises(NoSession):
            sessions.delete(second)

    using(use, Bounds(sessions=2))


def test_bytes_are_bounded_in_a_session_and_in_all_of_them() -> None:
    async def use(sessions: Sessions) -> None:
        one, other = await sessions.create(), await sessions.create()
        sessions.grown(one, 100)
        with pytest.raises(Spent, match="100 bytes"):
            sessions.may_grow(one)
        sessions.may_grow(other)
        # A fork holds what the first one holds, so it counts again.
        (twin,) = await sessions.fork(one, 1)
        with pytest.raises(Full, match="200 bytes"):
            sessions.may_grow(other)
        sessions.delete(twin)
        sessions.may_grow(other)

    using(use, Bounds(bytes=100, total_bytes=200))


def test_calls_and_what_is_said_are_bounded_together() -> None:
    async def use(sessions: Sessions) -> None:
        id_ = await sessions.create()
        # The policy is the first entry.
        await sessions.run(id_, making(SIGN_IN))
        sessions.may_grow(id_)
        await sessions.run(id_, lambda episode: (say(episode, "user", "Hello"), None))
        with pytest.raises(Spent, match="3 calls"):
            sessions.may_grow(id_)

    using(use, Bounds(calls=3))


def test_idle_sessions_expire_and_busy_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])

    async def use(sessions: Sessions) -> None:
        old, used, busy = [await sessions.create() for _ in range(3)]
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait(episode: Episode) -> tuple[Episode, str]:
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(30)
            return episode, "done"

        waiting = asyncio.create_task(sessions.run(busy, wait))
        await asyncio.sleep(0.05)
        now[0] += 9
        sessions.look(used)
        now[0] += 2
        with pytest.raises(NoSession):
            sessions.look(old)
        assert sessions.counts.expired == 1
        assert sessions.expire() == 0
        assert sessions.look(used)
        gate.set()
        assert await waiting == "done"
        assert len(sessions) == 2
        now[0] += 11
        assert len(sessions) == 0

    using(use, Bounds(idle_seconds=10))


def test_a_call_that_needs_more_than_little_fuel_is_made_all_the_same() -> None:
    async def use(sessions: Sessions) -> None:
        id_ = await sessions.create()
        result = await sessions.run(id_, spin(200_000), quick=True)
        assert result.content == {"turns": 0}
        assert sessions.look(id_).calls == 1
        with pytest.raises(LimitError):
            await sessions.run(id_, spin(-1), quick=True)
        assert sessions.look(id_).calls == 1
        assert sessions.look(id_).session.limits == sessions.bounds.limits  # type: ignore[attr-defined]

    using(use, environment=LOOPS)


def test_the_event_loop_goes_on_while_a_trusted_tool_loops() -> None:
    async def use(sessions: Sessions) -> None:
        one, other = await sessions.create(), await sessions.create()
        looping = asyncio.create_task(sessions.run(one, spin(-1), quick=True))
        await asyncio.sleep(0)
        made = 0
        while not looping.done():
            assert (await sessions.run(other, spin(3), quick=True)).content == {"turns": 0}
            made += 1
            await asyncio.sleep(0)
        with pytest.raises(LimitError):
            await looping
        assert made > 3

    using(use, Bounds(limits=Limits(fuel=2_000_000)), environment=LOOPS)


def test_operations_of_a_session_keep_their_order() -> None:
    async def use(sessions: Sessions) -> None:
        id_ = await sessions.create()
        heavy_then_light = [spin(200_000), spin(1), spin(150_000), spin(2)]
        told = await asyncio.gather(*(sessions.run(id_, one, quick=True) for one in heavy_then_light))
        assert len(told) == 4
        exchanges = [item.call.arguments["turns"] for item in sessions.look(id_).log if hasattr(item, "call")]
        assert exchanges == [200_000, 1, 150_000, 2]

    using(use, environment=LOOPS)


def test_an_operation_that_nobody_waits_for_any_more_is_still_the_only_one() -> None:
    async def use(sessions: Sessions) -> None:
        id_ = await sessions.create()
        go = threading.Event()

        def slow(episode: Episode) -> tuple[Episode, None]:
            assert go.wait(30)
            return call(episode, ToolCall(id="c1", tool="spin", arguments={"turns": 7}))[0], None

        waiting = asyncio.create_task(sessions.run(id_, slow))
        await asyncio.sleep(0.05)
        waiting.cancel()
        next_one = asyncio.create_task(sessions.run(id_, spin(8), quick=True))
        await asyncio.sleep(0.05)
        assert not next_one.done()
        go.set()
        await next_one
        exchanges = [item.call.arguments["turns"] for item in sessions.look(id_).log if hasattr(item, "call")]
        assert exchanges == [7, 8]

    using(use, environment=LOOPS)


def test_an_expired_name_may_be_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])

    async def use(sessions: Sessions) -> None:
        await sessions.create(id_="mine")
        sessions.grown("mine", 50)
        now[0] += 20
        with pytest.raises(NoSession):
            sessions.look("mine")
        await sessions.create(id_="mine")
        sessions.grown("mine", 50)
        # What the first one had counts no more.
        sessions.may_grow("mine")
        assert len(sessions) == 1

    using(use, Bounds(idle_seconds=10, total_bytes=100))


def test_forks_are_independent_and_start_where_it_stands() -> None:
    async def use(sessions: Sessions) -> None:
        id_ = await sessions.create(seed=3)
        await sessions.run(id_, making(SIGN_IN), quick=True)
        twins = await sessions.fork(id_, 16)
        order = {"user_id": "USR_789456", "frame_style": "modern", "glass_type": "plain"}
        for number, twin in enumerate(twins[:8]):
            size = {"frame_width": 20 + number, "frame_height": 30}
            asked = ToolCall(id="c2", tool="place_custom_order", arguments={**order, **size})
            assert not (await sessions.run(twin, making(asked), quick=True)).is_error
        digests = [sessions.look(twin).session.state.digest for twin in twins]
        start = sessions.look(id_).session.state.digest
        assert len({*digests[:8], start}) == 9
        assert set(digests[8:]) == {start}
        with pytest.raises(InputError, match="count"):
            await sessions.fork(id_, 0)

    using(use)


def test_hosted_toolkits_are_served_like_everything_else() -> None:
    hosted = host(Shop(), name="shop")
    order = ToolCall(id="c1", tool="order", arguments={"item": "pen"})

    async def use(sessions: Sessions) -> None:
        id_ = await sessions.create()
        assert (await sessions.run(id_, making(order), quick=True)).content["left"] == 2
        twins = await sessions.fork(id_, 3)
        for left, twin in zip((1, 1, 1), twins, strict=True):
            assert (await sessions.run(twin, making(order), quick=True)).content["left"] == left
        await sessions.run(twins[0], lambda episode: (rollback(episode), None))
        digests = [sessions.look(one).session.state.digest for one in (id_, *twins)]
        assert digests[0] == digests[1]
        assert digests[2] == digests[3] != digests[0]

    using(use, environment=hosted)
