"""The session server over real sockets: what it does, what it refuses, and what hostile clients cannot do to others."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `http` is not installed")
pytest.importorskip("starlette", reason="the extra `http` is not installed")

import gem_sim
from gem_sim.adapters.openapi import ERRORS, OPERATIONS, described
from gem_sim.simulator.schema import complaints
from tests.adapters.serving import Answer, Connection, Served, served
from tests.conftest import CASES, ROOT, environment

SIGN_IN = {"tool": "authenticate_user", "arguments": {"email": "sarah.jenkins@email.com"}}
SIZE = {"frame_width": 50, "frame_height": 70, "glass_type": "non-glare"}
CHECK = {"tool": "check_size_constraints", "arguments": SIZE}
PRICE = {"tool": "get_custom_pricing", "arguments": {**SIZE, "frame_style": "modern"}}
ORDER = {
    "tool": "place_custom_order",
    "arguments": {"user_id": "USR_789456", "frame_style": "modern", **SIZE},
}
LOOPS = str(CASES / "environments" / "loops")


@pytest.fixture(scope="module")
def shop() -> Iterator[Served]:
    with served("frame_shop", "--http") as one:
        yield one


@pytest.fixture
def client(shop: Served) -> Iterator[Connection]:
    with Connection(shop.port) as one:
        yield one


def started(client: Connection, **body: Any) -> str:
    answer = client.ask("POST", "/sessions", body)
    assert answer.status == 201, answer
    id_: str = answer.content["id"]
    return id_


def call(client: Connection, id_: str, asked: dict[str, Any]) -> Answer:
    return client.ask("POST", f"/sessions/{id_}/call", asked)


def digest(client: Connection, id_: str) -> str:
    told: str = client.ask("GET", f"/sessions/{id_}/digest").content["digest"]
    return told


class Bystander:
    """Another client with a session of its own, which must not notice anything."""

    def __init__(self, server: Served) -> None:
        self._connection = Connection(server.port, server.token)
        self._id = started(self._connection, seed=7)
        self._session = gem_sim.Session(environment("frame_shop"), seed=7)
        self._calls = 0

    def goes_on(self) -> None:
        for asked in (SIGN_IN, CHECK, ORDER):
            self._calls += 1
            told = call(self._connection, self._id, asked)
            known = self._session.call(gem_sim.ToolCall(id=f"call_{self._calls}", **asked))
            assert told.status == 200, told
            assert told.content["content"] == known.content
        assert digest(self._connection, self._id) == self._session.digest


@pytest.fixture
def bystander(shop: Served) -> Iterator[Bystander]:
    one = Bystander(shop)
    one.goes_on()
    yield one
    one.goes_on()


def test_every_operation_does_what_the_description_says(client: Connection) -> None:
    description = client.ask("GET", "/openapi.json").content
    assert description == described(description["info"]["title"], gem_sim.__version__)
    id_ = started(client, task="exhibition-frame", seed=7)
    bodies = {"create": {}, "call": SIGN_IN, "say": {"role": "user", "content": "Hello"}, "fork": {}, "rollback": {}}
    for one in sorted(OPERATIONS, key=lambda one: one.method == "DELETE"):
        answer = client.ask(one.method, one.path.format(id=id_), bodies.get(one.name))
        assert answer.status == one.status, (one.path, answer)
        if one.answer is None:
            assert answer.content is None
        else:
            assert list(complaints(one.answer, answer.content)) == []
        told = description["paths"][one.path][one.method.lower()]
        assert told["operationId"] == one.name
        assert str(one.status) in told["responses"]
        assert ("requestBody" in told) == (one.body is not None) == (one.name in bodies)


def test_calls_answer_as_a_session_in_this_process_does(client: Connection) -> None:
    id_ = started(client, task="exhibition-frame", seed=11)
    session = gem_sim.Session(environment("frame_shop"), seed=11, task="exhibition-frame")
    asked = [
        SIGN_IN,
        ORDER,
        CHECK,
        PRICE,
        ORDER,
        {"tool": "nothing"},
        {"tool": "get_user_profile", "arguments": {"x": 1}},
    ]
    for number, one in enumerate(asked, start=1):
        told = call(client, id_, one)
        known = session.call(gem_sim.ToolCall(id=f"call_{number}", **one))
        assert told == (
            200,
            {"id": f"call_{number}", "is_error": known.is_error, "content": known.content, "calls": number},
        )
        assert digest(client, id_) == session.digest


def test_a_group_of_sixteen_starts_from_the_same_middle(client: Connection) -> None:
    id_ = started(client, task="exhibition-frame", seed=3)
    for asked in (SIGN_IN, CHECK):
        call(client, id_, asked)
    middle = digest(client, id_)
    group = client.ask("POST", f"/sessions/{id_}/fork", {"count": 16}).content["ids"]
    assert len({id_, *group}) == 17
    assert {digest(client, one) for one in group} == {middle}
    # Each goes its own way: some order, some do not, with different sizes.
    for number, one in enumerate(group[:8]):
        size = {"frame_width": 20 + number, "frame_height": 30 + number}
        told = call(client, one, {**ORDER, "arguments": {**ORDER["arguments"], **size}})
        assert told.status == 200
        assert told.content["calls"] == 3
    ends = [digest(client, one) for one in group]
    assert len(set(ends[:8])) == 8
    assert set(ends[8:]) == {middle} == {digest(client, id_)}
    assert not set(ends[:8]) & {middle}


def test_going_back_undoes_calls_and_what_was_said_since(client: Connection) -> None:
    id_ = started(client, task="exhibition-frame")
    call(client, id_, SIGN_IN)
    before = digest(client, id_)
    call(client, id_, ORDER)
    client.ask("POST", f"/sessions/{id_}/messages", {"role": "assistant", "content": "Ordered."})
    assert digest(client, id_) != before
    assert client.ask("POST", f"/sessions/{id_}/rollback", {"calls": 1}).content["calls"] == 1
    assert digest(client, id_) == before
    roles = [message["role"] for message in client.ask("GET", f"/sessions/{id_}/trajectory").content["messages"]]
    assert roles == ["system", "user", "assistant", "tool"]
    assert client.ask("POST", f"/sessions/{id_}/rollback", {"calls": 5}).status == 422
    assert digest(client, id_) == before


def test_the_verdict_is_that_of_the_trajectory(client: Connection) -> None:
    recorded = next(iter(gem_sim.read_trajectories("environments/frame_shop/trajectories.jsonl")))
    shop = environment("frame_shop")
    id_ = started(client, task=recorded.task, instruction="")
    for message in recorded.messages:
        if message.role in ("user", "assistant") and message.content:
            client.ask("POST", f"/sessions/{id_}/messages", {"role": message.role, "content": message.content})
        for one in message.tool_calls:
            call(client, id_, {"id": one.id, "tool": one.tool, "arguments": one.arguments})
    told = client.ask("GET", f"/sessions/{id_}/verdict").content
    expected = gem_sim.verify(gem_sim.replay(recorded, shop))
    assert expected.verdict == "pass"
    assert (told["verdict"], told["state_digest"]) == ("pass", expected.state_digest), told["findings"]
    row = client.ask("GET", f"/sessions/{id_}/trajectory").content
    assert gem_sim.verify(gem_sim.replay(read(row), shop)).verdict == "pass"
    nothing = started(client, task=recorded.task)
    told = client.ask("GET", f"/sessions/{nothing}/verdict").content
    assert told["verdict"] == "fail"
    assert "goal.unmet" in {finding["code"] for finding in told["findings"]}


def read(row: dict[str, Any]) -> gem_sim.Trajectory:
    from gem_sim.formats import read_trajectory

    return read_trajectory(row, "row")


def test_only_the_verdict_says_what_a_task_expects(client: Connection) -> None:
    told = json.dumps(client.ask("GET", "/environment").content)
    id_ = started(client, task="wide-mount")
    told += json.dumps(client.ask("GET", f"/sessions/{id_}").content) + json.dumps(call(client, id_, SIGN_IN).content)
    assert "expect" not in told
    assert '"mount_width": 5' not in told
    assert "mount_width" in json.dumps(client.ask("GET", f"/sessions/{id_}/verdict").content)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("POST", "/sessions", b"{", 400, "not JSON"),
        ("POST", "/sessions", b"[1]", 422, "the body"),
        ("POST", "/sessions", b"\xff\xfe", 400, "not JSON"),
        ("POST", "/sessions", {"tsk": "x"}, 422, "tsk"),
        ("POST", "/sessions", {"task": "nope"}, 422, "no task 'nope'"),
        ("POST", "/sessions", {"seed": 2**80}, 422, "seed"),
        ("POST", "/sessions/{id}/call", {}, 422, "tool"),
        ("POST", "/sessions/{id}/call", {"tool": "x", "arguments": []}, 422, "arguments"),
        ("POST", "/sessions/{id}/fork", {"count": 0}, 422, "count is 0"),
        ("POST", "/sessions/{id}/fork", {"count": 10**6}, 422, "count is 1000000"),
        ("POST", "/sessions/{id}/rollback", {"calls": -1}, 422, "calls"),
        ("POST", "/sessions/{id}/messages", {"role": "system", "content": ""}, 422, "role"),
        ("POST", "/sessions/none/call", SIGN_IN, 404, "no such session"),
        ("GET", "/sessions/none", None, 404, "no such session"),
        ("DELETE", "/sessions/none", None, 404, "no such session"),
        ("GET", "/sessions/none/verdict", None, 404, "no such session"),
        ("GET", "/nowhere", None, 404, "/openapi.json"),
        ("POST", "/health", {}, 405, "/openapi.json"),
    ],
)
@pytest.mark.usefixtures("bystander")
def test_what_cannot_be_answered_says_why(
    client: Connection, method: str, path: str, body: Any, status: int, reason: str
) -> None:
    id_ = started(client)
    answer = client.ask(method, path.format(id=id_), body)
    assert answer.status == status
    assert status in ERRORS or status == 405
    assert reason in answer.content["error"]
    # The connection and the session are as good as before.
    assert call(client, id_, SIGN_IN).content["calls"] == 1


def test_a_deleted_session_is_gone_and_its_forks_are_not(client: Connection) -> None:
    id_ = started(client)
    (twin,) = client.ask("POST", f"/sessions/{id_}/fork").content["ids"]
    assert client.ask("DELETE", f"/sessions/{id_}").status == 204
    assert call(client, id_, SIGN_IN).status == 404
    assert call(client, twin, SIGN_IN).status == 200


def test_sessions_and_their_calls_are_bounded_and_idle_ones_expire() -> None:
    bounds = ("--sessions", "3", "--calls", "4", "--idle", "1.5")
    with served("frame_shop", "--http", *bounds) as server, Connection(server.port) as client:
        first, *_ = [started(client) for _ in range(3)]
        assert client.ask("POST", "/sessions", {}).status == 503
        assert client.ask("POST", f"/sessions/{first}/fork").status == 503
        for expected in (200, 200, 200, 409, 409):
            assert call(client, first, SIGN_IN).status == expected
        client.ask("POST", f"/sessions/{first}/rollback", {"calls": 1})
        assert call(client, first, SIGN_IN).status == 200
        deadline = time.monotonic() + 60
        while "gem_sim_sessions_expired_total 2" not in (told := str(client.ask("GET", "/metrics").content)):
            assert time.monotonic() < deadline, told
            assert client.ask("GET", f"/sessions/{first}").status == 200
            time.sleep(0.2)
        assert "gem_sim_sessions 1\n" in told
        assert 'gem_sim_calls_total{outcome="ok"} 4\n' in told
        started(client)


def test_beyond_loopback_a_token_is_made_and_needed() -> None:
    with served("frame_shop", "--http", "--host", "0.0.0.0") as server:
        assert server.token is not None
        assert len(server.token) >= 32
        for token in (None, "", "wrong", server.token[:-1], server.token + "x", "\u00e9"):
            for method, path in (("POST", "/sessions"), ("GET", "/environment"), ("GET", "/metrics")):
                with Connection(server.port, token) as stranger:
                    assert stranger.ask(method, path, {} if method == "POST" else None).status == 401
        with Connection(server.port, server.token) as client:
            assert call(client, started(client), SIGN_IN).status == 200
        with Connection(server.port) as anyone:
            assert anyone.ask("GET", "/health") == (200, {"status": "ok"})
            assert anyone.ask("GET", "/sessions/none").status == 401


def test_on_loopback_a_token_may_be_given() -> None:
    with served("frame_shop", "--http", "--token", "secret") as server:
        with Connection(server.port) as stranger:
            assert stranger.ask("POST", "/sessions", {}).status == 401
        with Connection(server.port, "secret") as client:
            started(client)


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"host": ""}])
def test_a_page_in_a_browser_cannot_use_a_server_without_a_token(shop: Served, headers: dict[str, str]) -> None:
    with Connection(shop.port) as page:
        page.send("POST", "/sessions", {}, **headers)
        assert page.answer().status in (403, 421)
        assert page.closed()


@pytest.mark.usefixtures("bystander")
def test_an_oversized_body_is_not_read_to_its_end(shop: Served) -> None:
    with Connection(shop.port) as client:
        client.send("POST", "/sessions", b"x" * (2 << 20))
        assert client.answer().status == 413
    with Connection(shop.port) as client, contextlib.suppress(ConnectionError):
        client.socket.sendall(b"POST /sessions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(64):
            client.socket.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        assert client.answer().status == 413


@pytest.mark.usefixtures("bystander")
@pytest.mark.parametrize("text", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_what_is_no_http_is_answered_by_the_end(shop: Served, text: bytes) -> None:
    with Connection(shop.port) as client:
        client.socket.sendall(text)
        assert client.closed()


IMPATIENT = """
import gem_sim.adapters.listen as listen, gem_sim.adapters.http as http
listen._HEAD_SECONDS = listen._WRITE_SECONDS = http._BODY_SECONDS = 0.5
"""


@pytest.fixture(scope="module")
def impatient() -> Iterator[Served]:
    with served("frame_shop", "--http", first=IMPATIENT) as one:
        yield one


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"POST /sessions HTTP/1.1\r\nhost: local",
        b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\nGET /health HTTP/1.1\r\nhost: lo",
        b"POST /sessions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{",
    ],
)
def test_slow_writers_are_not_waited_for(impatient: Served, text: bytes) -> None:
    other = Bystander(impatient)
    slow = [Connection(impatient.port) for _ in range(50)]
    for one in slow:
        one.socket.sendall(text)
    other.goes_on()
    for one in slow:
        with one:
            assert one.closed()
    other.goes_on()


def test_a_head_without_end_is_cut_off(impatient: Served) -> None:
    other = Bystander(impatient)
    with Connection(impatient.port) as endless, pytest.raises(OSError):
        endless.socket.sendall(b"GET /health HTTP/1.1\r\n")
        for number in range(100_000):
            endless.socket.sendall(b"x-%d: %s\r\n" % (number, b"y" * 1000))
    other.goes_on()


def test_slow_readers_are_not_waited_for(impatient: Served) -> None:
    other = Bystander(impatient)
    with Connection(impatient.port) as filling:
        id_ = started(filling)
        for _ in range(8):
            filling.ask("POST", f"/sessions/{id_}/messages", {"role": "user", "content": "x" * 900_000})
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", impatient.port))
        slow.sendall(f"GET /sessions/{id_}/trajectory HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        other.goes_on()
        time.sleep(2)
        other.goes_on()
        # What was in flight may still be there, the rest of seven million characters is not.
        taken = 0
        with slow, contextlib.suppress(ConnectionError):
            while part := slow.recv(1 << 16):
                taken += len(part)
        assert taken < 7_200_000
        assert filling.ask("GET", f"/sessions/{id_}").status == 200


def test_a_tool_that_loops_costs_its_call_only() -> None:
    with served(LOOPS, "--http") as server, Connection(server.port) as client:
        quiet = [started(client) for _ in range(4)]
        for id_ in quiet:
            assert call(client, id_, {"tool": "spin", "arguments": {"turns": 5}}).status == 200
        looping: list[Answer] = []

        def loop() -> None:
            with Connection(server.port) as hostile:
                id_ = started(hostile)
                looping.extend(call(hostile, id_, {"tool": "spin", "arguments": {"turns": -1}}) for _ in range(3))
                looping.append(call(hostile, id_, {"tool": "spin", "arguments": {"turns": 2}}))

        hostile = [threading.Thread(target=loop) for _ in range(2)]
        for one in hostile:
            one.start()
        for _ in range(20):
            for id_ in quiet:
                told = call(client, id_, {"tool": "spin", "arguments": {"turns": 5}})
                assert (told.status, told.content["content"]) == (200, {"turns": 0})
        for one in hostile:
            one.join()
        assert sorted(answer.status for answer in looping) == [200] * 2 + [500] * 6
        assert {answer.content["kind"] for answer in looping if answer.status == 500} == {"limit"}


def test_a_crash_changes_nothing_and_says_what_broke() -> None:
    with served(LOOPS, "--http") as server, Connection(server.port) as client:
        id_ = started(client)
        before = digest(client, id_)
        told = call(client, id_, {"tool": "crash"})
        assert (told.status, told.content["kind"]) == (500, "stub")
        assert "crash" in told.content["error"]
        assert digest(client, id_) == before
        assert client.ask("GET", f"/sessions/{id_}").content["calls"] == 0
        assert 'gem_sim_calls_total{outcome="broken"} 1\n' in client.ask("GET", "/metrics").content


def workers(pid: int) -> list[int]:
    return [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
def test_sessions_outlive_the_worker_processes(tmp_path: Path) -> None:
    # A copy did not come with the package, so its bodies run in workers.
    copy = shutil.copytree(ROOT / "environments" / "frame_shop", tmp_path / "frame_shop")
    with served(str(copy), "--http") as server, Connection(server.port) as client:
        ids = [started(client) for _ in range(4)]
        for number, id_ in enumerate(ids, start=1):
            for _ in range(number):
                assert call(client, id_, ORDER).status == 200
        states = [digest(client, id_) for id_ in ids]
        assert len(set(states)) == len(ids)
        pids = workers(server.process.pid)
        assert len(pids) == 2
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z" for pid in pids):
            time.sleep(0.01)
        assert [digest(client, id_) for id_ in ids] == states
        for id_ in ids:
            assert call(client, id_, ORDER).status == 200
        # One order more, each is where the next one was.
        assert [digest(client, id_) for id_ in ids][:3] == states[1:]


def test_a_call_under_way_is_answered_when_the_server_is_asked_to_stop() -> None:
    with served(LOOPS, "--http") as server, Connection(server.port) as client:
        id_ = started(client)
        call(client, id_, {"tool": "spin", "arguments": {"turns": 1}})
        client.send("POST", f"/sessions/{id_}/call", {"tool": "spin", "arguments": {"turns": 400_000}})
        time.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        assert client.answer().content["content"] == {"turns": 0}
        server.process.wait(30)


def test_many_clients_at_once_keep_their_sessions_apart(shop: Served) -> None:
    failures: list[Any] = []

    def work(seed: int) -> None:
        session = gem_sim.Session(environment("frame_shop"), seed=seed)
        try:
            with Connection(shop.port) as client:
                id_ = started(client, seed=seed)
                for number in range(1, 25):
                    asked = (SIGN_IN, CHECK, ORDER)[number % 3]
                    told = call(client, id_, asked)
                    known = session.call(gem_sim.ToolCall(id=f"call_{number}", **asked))
                    assert told.content["content"] == known.content
                assert digest(client, id_) == session.digest
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []


def test_a_taken_port_is_said_in_one_line(shop: Served) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "gem_sim", "serve", "frame_shop", "--http", "--port", str(shop.port)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "cannot listen on" in done.stderr
    assert len(done.stderr.splitlines()) == 1
