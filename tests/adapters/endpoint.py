"""A chat endpoint on the loopback interface that plays what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gem_sim import Message
from gem_sim.adapters.chat import wire
from gem_sim.adapters.expert import expert_messages
from gem_sim.environment import Environment
from tests.conftest import environment as bundled

Reply = dict[str, Any]


class Endpoint:
    """Replies to each request by `play(body)`; `requests` has the bodies answered with a message, in order.

    `before` is asked first, with the number of the request from 1: it may return an HTTP status to fail with, seconds
    (a float) to wait, or None.
    """

    def __init__(self, play: Callable[[Reply], Reply], before: Callable[[int], int | float | None]) -> None:
        self.play = play
        self.before = before
        self.requests: list[Reply] = []
        self.seen = 0
        self.lock = threading.Lock()
        self.url = ""


def say(content: str | None, *, calls: list[tuple[str, str]] = (), **more: Any) -> Reply:  # type: ignore[assignment]
    """Return a completion; `calls` are names with the text of their arguments."""
    message: Reply = {"role": "assistant", "content": content, "refusal": more.pop("refusal", None)}
    if calls:
        message["tool_calls"] = [
            {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": text}}
            for number, (name, text) in enumerate(calls)
        ]
    finish = more.pop("finish", "tool_calls" if calls else "stop")
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "fake",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


def of_message(message: Message) -> Reply:
    """Return a completion of a message."""
    row = wire(message)
    calls = [(call["function"]["name"], call["function"]["arguments"]) for call in row.get("tool_calls", ())]
    made = say(row["content"], calls=calls)
    for call, original in zip(made["choices"][0]["message"].get("tool_calls", ()), message.tool_calls, strict=True):
        call["id"] = original.id
    return made


def expert_play(environment: Environment) -> Callable[[Reply], Reply]:
    """Return a play that follows the expert: which task it is, the instruction says; how far it is, the messages."""
    tasks = {task.instruction: task.id for task in environment.tasks.values()}

    def play(body: Reply) -> Reply:
        first = next(one["content"] for one in body["messages"] if one["role"] == "user")
        moves = [one for one in plan(environment.name, tasks[first], body["seed"]) if one.role == "assistant"]
        return of_message(moves[sum(one["role"] == "assistant" for one in body["messages"])])

    return play


@cache
def plan(name: str, task: str, seed: int) -> tuple[Message, ...]:
    """Return what the expert does, looked for once for all tests that play it."""
    return expert_messages(bundled(name), task, seed=seed) or ()


@contextmanager
def endpoint(
    play: Callable[[Reply], Reply], before: Callable[[int], int | float | None] = lambda _n: None
) -> Iterator[Endpoint]:
    """Run an endpoint while the block lasts."""
    state = Endpoint(play, before)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with state.lock:
                state.seen += 1
                number = state.seen
            trouble = state.before(number)
            if isinstance(trouble, float):
                time.sleep(trouble)
            if isinstance(trouble, int):
                self._send(trouble, {"error": {"message": "busy"}}, {"retry-after-ms": "10"})
                return
            reply = state.play(body)
            with state.lock:
                state.requests.append(body)
            self._send(200, reply, {})

        def _send(self, status: int, value: Reply, headers: dict[str, str]) -> None:
            data = json.dumps(value).encode()
            try:
                self.send_response(status)
                for name, text in headers.items():
                    self.send_header(name, text)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
