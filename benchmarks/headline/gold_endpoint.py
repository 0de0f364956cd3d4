"""A chat endpoint on the loopback interface that plays the gold actions of a benchmark, or says nothing at all.

It tries the hooks without a model: with gold actions the packages' own scorers must accept, with silence refuse.
"""

from __future__ import annotations

import ast
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Call = tuple[str, dict[str, Any]]
Play = Callable[[list[dict[str, Any]]], tuple[str, list[Call]]]

HELD_BACK = "held back"


def bfcl_gold(tasks: list[tuple[dict[str, Any], list[list[str]]]]) -> Play:
    """Return a play that makes all gold calls of a turn at once and then says that it is done."""
    turns: dict[tuple[str, ...], list[Call]] = {}
    for row, gold in tasks:
        names = _parameters(row)
        heard: tuple[str, ...] = ()
        for question, calls in zip(row["question"], gold, strict=True):
            heard += (question[0]["content"] if question else HELD_BACK,)
            turns[heard] = [_read(call, names) for call in calls]

    def play(messages: list[dict[str, Any]]) -> tuple[str, list[Call]]:
        said = [message["content"] for message in messages if message["role"] == "user"]
        if messages[-1]["role"] != "user":
            return "Done.", []
        # What BFCL says when it hands over a tool held back stands in no task.
        known = tuple(text if _is_asked(text, tasks) else HELD_BACK for text in said)
        return "", turns[known]

    return play


def _is_asked(text: str, tasks: list[tuple[dict[str, Any], list[list[str]]]]) -> bool:
    return any(one["content"] == text for row, _ in tasks for turn in row["question"] for one in turn)


def _parameters(row: dict[str, Any]) -> dict[str, list[str]]:
    offered = [*row["function"], *(tool for held in row.get("missed_function", {}).values() for tool in held)]
    return {tool["name"]: list(tool["parameters"]["properties"]) for tool in offered}


def _read(text: str, names: dict[str, list[str]]) -> Call:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    name = ast.unparse(call.func)
    placed = dict(zip(names[name], map(ast.literal_eval, call.args), strict=False))
    return name, placed | {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}


def tau2_gold(tasks: list[Any]) -> Play:
    """Return a play of the agent: it makes the gold actions of the case that the user names, then tells what is due."""
    cases = {task.id: task.evaluation_criteria for task in tasks}

    def play(messages: list[dict[str, Any]]) -> tuple[str, list[Call]]:
        said = next(message["content"] for message in messages if message["role"] == "user")
        case = cases[said.removeprefix(_CASE)]
        if any(message["role"] == "tool" for message in messages) or not case.actions:
            return f"Done. {', '.join(case.communicate_info or [])}", []
        return "", [(action.name, action.arguments) for action in case.actions]

    return play


_CASE = "This is about case "


def tau2_user(tasks: list[Any]) -> Play:
    """Return a play of the user: it names its case, hears one answer, and hangs up."""
    scenarios = {str(task.user_scenario): task.id for task in tasks}

    def play(messages: list[dict[str, Any]]) -> tuple[str, list[Call]]:
        if any(message["role"] == "assistant" for message in messages):
            return "###STOP###", []
        prompt = messages[0]["content"].split("<scenario>\n")[1].split("\n</scenario>")[0]
        return f"{_CASE}{scenarios[prompt]}", []

    return play


def silence(_messages: list[dict[str, Any]]) -> tuple[str, list[Call]]:
    """Answer nothing, whatever is said."""
    return "", []


@contextmanager
def serving(play: Play) -> Iterator[str]:
    """Serve a play while the block runs; yields the base address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            data = json.dumps(_completion(asked["model"], *play(asked["messages"]))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def _completion(model: str, content: str, calls: list[Call]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        message["tool_calls"] = [
            {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
            for number, (name, given) in enumerate(calls)
        ]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    base = {"id": "gold", "object": "chat.completion", "created": 0, "model": model}
    return {**base, "choices": [choice], "usage": usage}
