"""The door to a model that talks and calls tools: any OpenAI-compatible endpoint, each reply paid for once.

Replies are kept in a journal, a line each, as they arrive. A run that was interrupted takes what it was told before
from there and asks only for the rest. The openai client waits and tries again at rate limits, time-outs and server
errors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from gem_sim.canonical import Json, digest
from gem_sim.errors import GemSimError, InputError
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.calls import arguments_text, make_call
from gem_sim.message import Message
from gem_sim.tool import Tool, ToolCall

# A reply without any choice is a fault of the endpoint; it is asked again this often.
_EMPTY_TRIES: Final = 3


class Unanswered(GemSimError):
    """A model gave no reply: the endpoint failed for good. Says nothing about the agent."""


class Tokens(NamedTuple):
    """Tokens of requests and of replies."""

    prompt: int = 0
    completion: int = 0


class Journal:
    """Every reply of a run by its key, in a file that a killed run leaves readable.

    Args:
        path: The file; None keeps replies in memory only.
        about: What the run is; a journal of another run is refused.

    Raises:
        InputError: If the file belongs to another run or cannot be read.
    """

    def __init__(self, path: Path | None, about: dict[str, Json]) -> None:
        self._path = path
        self._known: dict[str, dict[str, Any]] = {}
        self.paid = 0
        if path is None:
            return
        lines = _whole_lines(path)
        if lines:
            if lines[0] != {"run": about}:
                raise InputError(
                    "holds the replies of another run",
                    file=str(path),
                    cure="name another --out, or repeat the options of that run",
                )
            self._known = {line["key"]: line for line in lines[1:]}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._rewrite(lines or [{"run": about}])

    def get(self, key: str, request: str) -> dict[str, Any] | None:
        """Return the reply to a request that was made before, None where it is new."""
        known = self._known.get(key)
        return known["reply"] if known is not None and known["request"] == request else None

    def put(self, key: str, request: str, reply: dict[str, Any]) -> None:
        """Keep a reply; it is on disk when this returns."""
        self.paid += 1
        line = {"key": key, "request": request, "reply": reply}
        self._known[key] = line
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def tokens(self) -> Tokens:
        """Return the tokens of all replies, those paid for in earlier runs included."""
        replies = [line["reply"] for line in self._known.values()]
        return Tokens(sum(one["prompt_tokens"] for one in replies), sum(one["completion_tokens"] for one in replies))

    def _rewrite(self, lines: list[dict[str, Any]]) -> None:
        """Drop the line that a killed run may have left half written."""
        assert self._path is not None
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        if not self._path.exists() or self._path.read_text(encoding="utf-8") != text:
            with atomic_text(self._path) as file:
                file.write(text)


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a journal up to the first that is no JSON object; a missing file has none."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            break
        if not isinstance(value, dict):
            break
        found.append(value)
    return found


class Chat:
    """A model at an endpoint.

    Args:
        model: The model's name there.
        journal: Where replies are kept.
        base_url: The endpoint's address; None: OPENAI_BASE_URL, else OpenAI's own.
        timeout_seconds: How long to wait for one reply.
        retries: How often a request is made again after a rate limit, a time-out or a server error.
        temperature: None leaves it to the endpoint.

    Raises:
        InputError: If there is no key.
    """

    def __init__(
        self,
        model: str,
        journal: Journal,
        *,
        base_url: str | None = None,
        timeout_seconds: float = 120.0,
        retries: int = 6,
        temperature: float | None = None,
    ) -> None:
        import openai

        self.model = model
        self._journal = journal
        self._temperature = temperature
        try:
            self._client = openai.AsyncOpenAI(base_url=base_url, timeout=timeout_seconds, max_retries=retries)
        except openai.OpenAIError:
            cure = "set OPENAI_API_KEY (any text if the endpoint needs none)"
            raise InputError("there is no key for the model", cure=cure) from None

    async def reply(self, key: str, messages: Sequence[dict[str, Any]], tools: Sequence[Tool], seed: int) -> Message:
        """Return the model's next message, from the journal where the same request was made before.

        Raises:
            Unanswered: If the endpoint gives none.
        """
        body: dict[str, Any] = {"model": self.model, "messages": list(messages), "seed": seed}
        if tools:
            body["tools"] = [{"type": "function", "function": _spec(tool)} for tool in tools]
        if self._temperature is not None:
            body["temperature"] = self._temperature
        request = digest(body)
        known = self._journal.get(key, request)
        if known is None:
            known = await self._ask(body)
            self._journal.put(key, request, known)
        return _message(known)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        import openai

        for _ in range(_EMPTY_TRIES):
            try:
                completion = await self._client.chat.completions.create(**body)
            except openai.OpenAIError as error:
                raise Unanswered(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}") from None
            choices = getattr(completion, "choices", None)
            if choices and choices[0].message is not None:
                return _reply(choices[0], completion.usage)
        raise Unanswered("the endpoint replied without a message")


def wire(message: Message) -> dict[str, Any]:
    """Return a message as an endpoint takes it: without what the recording says besides."""
    row: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        row["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.tool, "arguments": arguments_text(call)}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        row["tool_call_id"] = message.tool_call_id
    return row


def _spec(tool: Tool) -> dict[str, Any]:
    empty: dict[str, Json] = {"type": "object", "properties": {}}
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters or empty}


def _reply(choice: Any, usage: Any) -> dict[str, Any]:
    """Return what is kept of a reply: its text or refusal, its calls as they came, why it ended, its tokens."""
    message = choice.message
    calls = [
        {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
        for call in message.tool_calls or ()
        if getattr(call, "function", None) is not None
    ]
    return {
        "content": message.content,
        "refusal": message.refusal,
        "calls": calls,
        "finish": choice.finish_reason,
        "prompt_tokens": usage.prompt_tokens if usage is not None else 0,
        "completion_tokens": usage.completion_tokens if usage is not None else 0,
    }


def _message(reply: dict[str, Any]) -> Message:
    """Return a reply as a message; a refusal is something said, arguments that are no object stay unreadable."""
    extra: dict[str, Json] = {"refusal": reply["refusal"]} if reply["refusal"] else {}
    if reply["finish"] not in ("stop", "tool_calls", None):
        extra["finish_reason"] = reply["finish"]
    calls = tuple(_calls(reply["calls"]))
    return Message(role="assistant", content=reply["content"] or reply["refusal"], tool_calls=calls, extra=extra)


def _calls(rows: list[dict[str, Any]]) -> Iterator[ToolCall]:
    for number, row in enumerate(rows, start=1):
        yield make_call(row["name"] or "(none)", row["arguments"], row["id"] or f"call_{number}")
