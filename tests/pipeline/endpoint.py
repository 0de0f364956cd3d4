"""An OpenAI-compatible endpoint on loopback that answers the real prompts as the offline teacher would.

It can misbehave: `fault` says for each request what goes wrong with it.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gem_sim.canonical import digest
from gem_sim.pipeline.draft import load_draft
from gem_sim.pipeline.offline.environment import extract
from gem_sim.pipeline.offline.procedure import NoProcedure
from gem_sim.pipeline.offline.script import Grounded, ground
from tests.conftest import CASES

TEXTS = CASES / "pipeline" / "texts.jsonl"
_BETWEEN = re.compile(r"^-----\n(.*?)\n-----$", re.DOTALL | re.MULTILINE)
_SAID = re.compile(r"^\[(user|assistant|call|result of \w+)\]", re.MULTILINE)

LABELS = {
    "procedural": True,
    "summary": "How something is done.",
    "platform": "computer",
    "domains": ["jobs_and_education", "internet_and_telecom"],
    "task_category": "calendar_management",
}
# The prompt's name, how many requests that began alike came before, and the last text → what goes wrong, if anything.
Fault = Callable[[str, int, str], str | None]


# Passage → what the offline teacher makes of it; made once, whoever asks.
_MADE: dict[str, tuple[dict[str, Any], list[Grounded]]] = {}


class Endpoint:
    """What the server knows: the requests it got, and the conversations it plays."""

    def __init__(self, fault: Fault, delay_seconds: float) -> None:
        self.fault = fault
        self.delay_seconds = delay_seconds
        self.requests: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self._opened: Counter[str] = Counter()
        self.base_url = ""
        self.lock = threading.Lock()
        self._known = _MADE
        # Known before anybody asks: Python 3.11 does not parse well in several threads at once.
        for line in TEXTS.read_text().splitlines():
            with suppress(NoProcedure):
                self._of(json.loads(line)["text"])

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body of the reply to a request."""
        turns = body["messages"]
        name = _prompt_of(turns[0]["content"])
        key = digest(turns)
        with self.lock:
            before = self._opened[turns[0]["content"]]
            self._opened[turns[0]["content"]] += 1
            self.requests[key] += 1
        what = self.fault(name, before, turns[-1]["content"])
        time.sleep(self.delay_seconds)
        if what == "rate limit":
            return 429, {"error": {"message": "slow down"}}
        if what == "server error":
            return 500, {"error": {"message": "oops"}}
        if what == "no schemas" and "response_format" in body:
            return 400, {"error": {"message": "response_format is not supported"}}
        if what == "time-out":
            time.sleep(1.5)
        with self.lock:
            self.answered[key] += 1
            reply = json.dumps(self._reply(name, turns))
        finish, refusal = "stop", None
        if what == "malformed":
            reply = reply[:-1] + ",,}"
        elif what == "truncated":
            reply, finish = reply[: len(reply) // 2], "length"
        elif what == "refused":
            reply, refusal = "", "I cannot help with that."
        elif what == "wrong quote":
            value = json.loads(reply)
            value["rules"] = {**value["rules"], "R99": {"text": "x", "kind": "limit", "quote": "never said at all"}}
            reply = json.dumps(value)
        message = {"role": "assistant", "content": reply, "refusal": refusal}
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return 200, {"id": "r", "object": "chat.completion", "created": 0, "model": "fake", "choices": [choice],
                     "usage": usage}  # fmt: skip

    def _reply(self, name: str, turns: list[dict[str, str]]) -> dict[str, Any]:
        text = turns[0]["content"]
        if name == "extract":
            return self._of(_passage(text))[0]
        if name == "label":
            return LABELS
        if name == "ground":
            return {"conversations": [_written(one) for one in self._of(_passage(text))[1]]}
        if name == "task":
            title = json.loads(text[text.index("{") : text.rindex("}") + 1].split("\n")[0])["title"]
            _, found = next(known for known in self._known.values() if known[0]["title"] == title)
            reading = next(one for one in found if one.task.id.startswith("how-far"))
            task = reading.task.model_dump(mode="json", exclude_defaults=True)
            return {"tasks": [{**task, "persona": "calm", "known": {}}]}
        if name == "judge":
            return {rubric: {"holds": True, "why": "fine"} for rubric in ("R1", "R2", "R3")}
        return self._next(name, text)

    def _next(self, name: str, text: str) -> dict[str, Any]:
        """Return what user or assistant says next in the conversation whose goal or policy the prompt has."""
        done = len(_SAID.findall(text[text.index("Conversation so far:") :]))
        for _, found in self._known.values():
            one = next(one for one in found if one.task.id.startswith("how-far"))
            policy = one.trajectory.messages[0].content or "?"
            if one.task.instruction not in text and policy not in text:
                continue
            entries = [part for message in one.trajectory.messages[1:] for part in _parts(message)]
            kind, value = entries[done] if done < len(entries) else ("assistant", "")
            if name == "user":
                return {"say": value, "done": sum(kind == "user" for kind, _ in entries[done:]) == 1}
            if kind == "assistant":
                following = entries[done + 1] if done + 1 < len(entries) else ("", "")
                call = following[1] if following[0] == "call" else None
                return {"say": value, "call": call}
            return {"say": None, "call": value if kind == "call" else None}
        raise AssertionError(f"nobody knows this conversation: {text[:300]}")

    def _of(self, passage: str) -> tuple[dict[str, Any], list[Grounded]]:
        if passage not in self._known:
            procedure, draft = extract(passage)
            with TemporaryDirectory() as folder:
                environment = load_draft(Path(folder), draft, trusted=True)
                found = ground(procedure, environment, passage)
            keys = ("title", "policy", "entities", "constants", "rules", "tools", "workflow")
            value = {"slug": procedure.name.rpartition("_")[0], **{key: draft.environment[key] for key in keys}}
            self._known[passage] = ({**value, "state": draft.state}, found)
        return self._known[passage]


def _prompt_of(text: str) -> str:
    openings = {
        "Label a passage": "label",
        "You turn a passage": "extract",
        "You write conversations": "ground",
        "You play the user": "user",
        "You are the assistant": "assistant",
        "The environment, with": "task",
        "Judge a conversation": "judge",
    }
    return next(name for opening, name in openings.items() if text.startswith(opening))


def _passage(text: str) -> str:
    found = _BETWEEN.search(text)
    assert found is not None
    return found[1]


def _parts(message: Any) -> Iterator[tuple[str, Any]]:
    if message.content and message.role != "tool":
        yield message.role, message.content
    for call in message.tool_calls:
        yield "call", {"tool": call.tool, "arguments": call.arguments}
    if message.role == "tool":
        yield "result", message.content


def _written(one: Grounded) -> dict[str, Any]:
    """Return a conversation as a model writes it: with results that it made up."""
    turns: list[dict[str, Any]] = []
    for message in one.trajectory.messages[1:]:
        if message.role == "user":
            turns.append({"user": message.content})
        elif message.role == "tool":
            turns[-1]["result"] = json.loads(message.content or "null")
        elif message.tool_calls:
            call = message.tool_calls[0]
            turns.append({"assistant": message.content, "call": {"tool": call.tool, "arguments": call.arguments}})
        else:
            turns.append({"assistant": message.content})
    task = one.task.model_dump(mode="json", exclude_defaults=True)
    return {"id": task["id"], "instruction": task["instruction"], "expect": task["expect"], "turns": turns}


@contextmanager
def serving(
    fault: Fault = lambda _name, _before, _text: None, delay_seconds: float = 0.0, endpoint: Endpoint | None = None
) -> Iterator[Endpoint]:
    """Serve while the block runs; None as the endpoint is one that answers as the offline teacher would."""
    endpoint = Endpoint(fault, delay_seconds) if endpoint is None else endpoint

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, reply = endpoint.answer(body)
            data = json.dumps(reply).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                if status == 429:
                    self.send_header("Retry-After", "0.01")
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
